using Adit.Hub.Telemetry;

namespace Adit.Hub.Tasks.Workspaces;

/// <summary>What /metrics says of the workspaces of tasks.</summary>
internal sealed class WorkspaceMeter
{
    private readonly long[] _made = new long[WorkspaceWriting.Causes.Length];
    private long _diverged;
    private long _unchanged;

    /// <summary>A snapshot was asked for.</summary>
    public void Count(string cause, bool isNew, bool isDiverged)
    {
        if (!isNew)
            Interlocked.Increment(ref _unchanged);
        else
            Interlocked.Increment(ref _made[Array.IndexOf(WorkspaceWriting.Causes, cause)]);
        if (isDiverged)
            Interlocked.Increment(ref _diverged);
    }

    public void Write(MetricsWriter writer)
    {
        var made = writer.Counter("adit_task_snapshots_total", "Snapshots of the workspaces of tasks, by why they were made; 'unchanged' is what asked for one and found all of it kept.");
        for (var i = 0; i < _made.Length; i++)
            made.Value(Interlocked.Read(ref _made[i]), ("cause", WorkspaceWriting.Causes[i]));
        made.Value(Interlocked.Read(ref _unchanged), ("cause", "unchanged"));
        writer.Counter("adit_task_snapshots_diverged_total", "Those of them that got a branch of their own, because the workspace had gone on from elsewhere.").Value(Interlocked.Read(ref _diverged));
    }
}
