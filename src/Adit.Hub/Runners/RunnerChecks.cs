using System.Globalization;
using Adit.Api;
using Adit.Hub.Checks;

namespace Adit.Hub.Runners;

/// <summary>Which runners are there, and what they say of themselves.</summary>
internal sealed class RunnerChecks(RunnerRegistry registry, RunnerRights rights, TimeProvider time) : ICheckSource
{
    private const double LittleDisk = 0.05;
    private static readonly TimeSpan SecondCounts = TimeSpan.FromHours(1);

    /// <inheritdoc />
    public Task<IReadOnlyList<Check>> LookAsync(CancellationToken cancellationToken)
    {
        var runners = registry.All.OrderBy(static r => r.Record.Name, StringComparer.Ordinal).ToList();
        return Task.FromResult<IReadOnlyList<Check>>(runners.Count == 0
            ? [Check.Warning("runners", "There is no runner: tasks have nowhere to run.", "Make a token with 'adit runner token create' and run 'adit runner' with it on a machine.")]
            : [.. runners.SelectMany(Look)]);
    }

    private IEnumerable<Check> Look(LiveRunner runner)
    {
        var record = runner.Record;
        var name = $"runner {record.Name}";
        if (!runner.IsUp)
        {
            yield return Check.Warning(
                name, $"It is not connected; it was seen last on {runner.Seen.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC.",
                $"Start 'adit runner' there and run 'adit doctor' on that machine; or remove it with 'adit runner rm {record.Name}'.");
            yield break;
        }

        var troubles = Troubles(runner).ToList();
        if (troubles.Count == 0)
            yield return Check.Ok(name, $"It is connected, and runs tasks by {string.Join(" and ", record.Facts.Executors)}.");
        foreach (var (finding, remedy) in troubles)
            yield return Check.Warning(name, finding, remedy);
    }

    private IEnumerable<(string Finding, string? Remedy)> Troubles(LiveRunner runner)
    {
        var record = runner.Record;
        if (runner.Second is { } second && time.GetUtcNow() - second.At < SecondCounts)
            yield return ($"A second machine at {second.Address} says that it is this runner, and was refused.", $"Give that machine a --data of its own. If nobody copied this runner's data directory, somebody stole it: {(record.Token is { } token ? $"revoke its token first ('adit token revoke {token}')" : "revoke its token first")}, stop what runs there, 'adit runner rm {record.Name}', and start it with a new --data and a new token.");
        if (record.Facts.IsHubUser && rights.IsForAll(record))
            yield return ("It is shared, and its tasks run as the hub's own user: whoever can sign in can read all that the hub keeps, its keys and tokens too.",
                $"'adit runner private {record.Name}' takes it back. For other people add a runner with a user of its own ('adit runner token create').");
        if (record.Facts.Executors.Count == 0)
            yield return ("It cannot run tasks in any way.", "Run 'adit doctor' on that machine; it says what is missing.");
        if (RunnerRules.NoticeFor(record.Version) is { } notice)
            yield return (notice, null);
        if (record.IsDraining || record.IsCordoned)
            yield return ("It gets no new tasks.", $"'adit runner uncordon {record.Name}' gives it some again.");
        if (runner.Usage is { } usage && record.Facts.DiskBytes > 0 && usage.DiskFreeBytes < record.Facts.DiskBytes * LittleDisk)
            yield return ($"Its disk is nearly full: {ByteSize.Of(usage.DiskFreeBytes)} are free.", "Remove tasks that have ended there ('adit rm'), or free the disk otherwise.");
        foreach (var warning in record.Facts.Warnings)
            yield return (warning, null);
    }
}
