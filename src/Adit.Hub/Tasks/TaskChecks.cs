using Adit.Api;
using Adit.Hub.Checks;

namespace Adit.Hub.Tasks;

/// <summary>Tasks that wait too long, or whose runner is gone.</summary>
internal sealed class TaskChecks(TaskRegistry registry, TimeProvider time) : ICheckSource
{
    private const int Most = 5; // An example is worth more than a list; 'adit ps' has that.
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    /// <inheritdoc />
    public Task<IReadOnlyList<Check>> LookAsync(CancellationToken cancellationToken)
    {
        var tasks = registry.All.Where(static t => !t.Record.HasEnded).OrderBy(static t => t.Record.Created).ToList();
        var troubles = tasks.Select(Judge).OfType<Check>().Take(Most).ToList();
        return Task.FromResult<IReadOnlyList<Check>>(troubles.Count > 0 ? troubles : [Check.Ok("tasks", tasks.Count switch
        {
            0 => "There are none.",
            1 => "There is one, and nothing holds it up.",
            var count => $"There are {count}, and nothing holds them up.",
        })]);
    }

    private Check? Judge(LiveTask task)
    {
        var record = task.Record;
        var waits = time.GetUtcNow() - (record.Steps is [.., var last] ? last.At : record.Created);
        return record.State switch
        {
            TaskState.Lost => Check.Warning(
                "tasks", $"{record.Name} of {record.Account} is lost: its runner {record.Runner} is not heard of.",
                "Bring the runner back, which takes the task up again; or remove the task with 'adit rm'."),
            TaskState.Queued when waits > Long => Check.Warning(
                "tasks", $"{record.Name} of {record.Account} waits for {(int)waits.TotalMinutes} minutes: {task.Queue?.Reason ?? "for a runner."}", null),
            TaskState.Stopping when waits > Long => Check.Warning(
                "tasks", $"{record.Name} of {record.Account} does not end on {record.Runner} since {(int)waits.TotalMinutes} minutes.", "Look at its log, and at that machine."),
            _ => null,
        };
    }
}
