using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Adit.Hub.Runners;
using Adit.Hub.Tasks.Usage;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Tasks;

/// <summary>A task as the API shows it.</summary>
internal sealed class TaskView(HubOptions options, IRunners runners, Authority authority, TimeProvider time)
{
    /// <summary>One that is in memory.</summary>
    public ApiTask Of(LiveTask task, HttpContext context) => Of(task.Record, context) with
    {
        Queue = task.Queue,
        Progress = WaitsForRunner(task.Record) ?? task.Progress,
        Usage = task.Usage,
        Idle = task.Idle,
        Workspace = task.Record.Spec.Workspace is { } workspace
            ? new TaskWorkspace { Volume = workspace.Path, Snapshot = task.Saved?.Snapshot, Branch = task.Saved?.Branch, Cause = task.Saved?.Cause, Saved = task.Saved?.At }
            : null,
        May = authority.May(context.Caller(), Permission.TasksWrite, task.Record.Belonging) ? ["change"] : [],
    };

    /// <summary>One as it is stored.</summary>
    public ApiTask Of(TaskRecord record, HttpContext context)
    {
        var ports = record.HoldsName ? Ports(record, context) : [];
        var price = record.Resolved.Rates?.PerHour(record.Resolved.Requests);
        var used = record.UsedBefore + (UsageSpan.Of(record)?.Until(time.GetUtcNow()) ?? TimeSpan.Zero);
        return new ApiTask
        {
            Id = record.Id,
            Name = record.Name,
            Kind = record.Kind,
            Owner = record.Account,
            Project = record.Project,
            Template = record.Resolved.Template,
            TemplateVersion = record.Resolved.Version,
            State = record.State,
            IsWanted = record.IsWanted,
            Reason = record.Reason,
            ExitCode = record.ExitCode,
            Runner = record.Runner,
            Attempt = record.Attempt,
            Url = ports is [{ Url: var url }, ..] ? url : null,
            Ports = ports,
            Resources = record.Resolved.Requests,
            PricePerHour = price,
            Currency = record.Resolved.Rates?.Currency,
            Cost = price * (decimal)used.TotalMilliseconds / 3_600_000 is { } cost ? UsageSum.Rounded(cost) : null,
            Command = record.Resolved.Spec.Command,
            Created = record.Created,
            Ended = record.Ended,
            Steps = record.Steps,
            LastLines = record.LastLines,
            Workspace = record.Spec.Workspace is { } workspace ? new TaskWorkspace { Volume = workspace.Path } : null,
            IdleTerms = record.Kind == TaskKind.Session && record.Resolved.Idle.ToTerms() is { } terms && (terms.FreezeAfterSeconds ?? terms.StopAfterSeconds ?? terms.MaxAgeSeconds) is not null ? terms : null,
        };
    }

    /// <summary>Where the main port of a task of this name will be reached, without a slash at the end.</summary>
    public string Origin(string name, string account, HttpContext context) =>
        PublicAddress.OfRoute($"{TaskNames.Tunnel(name, account, null)}.{options.Domain}", context, options);

    // It was told to end, and nobody is there to end it.
    private string? WaitsForRunner(TaskRecord record) =>
        record is { IsWanted: false, State: TaskState.Stopping or TaskState.Lost, Runner: { } name } && runners.Find(name) is not { IsUp: true }
            ? $"waits for its runner '{name}', which is not connected"
            : null;

    private TaskPort[] Ports(TaskRecord record, HttpContext context) =>
    [
        .. TaskTunnels.NamesOf(record).Zip(record.Resolved.Ports, (tunnel, port) => new TaskPort
        {
            Name = port.Name,
            Tunnel = tunnel,
            Url = port.IsHttp ? PublicAddress.OfRoute($"{tunnel}.{options.Domain}", context, options) + "/" : null,
        }),
    ];
}
