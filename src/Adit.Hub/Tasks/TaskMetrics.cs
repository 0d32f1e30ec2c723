using Adit.Hub.Tasks.Idle;
using Adit.Hub.Tasks.Waiting;
using Adit.Hub.Tasks.Workspaces;
using Adit.Hub.Telemetry;

namespace Adit.Hub.Tasks;

/// <summary>What /metrics says about tasks.</summary>
internal sealed class TaskMetrics(StartHistory starts, WaitingMeter waiting, IdleMeter idle, WorkspaceMeter workspaces)
{
    public void Write(MetricsWriter writer)
    {
        writer.Histogram("adit_task_start_seconds", "Starts of tasks that got ready, by template and by phase; the phase 'all' is from asked for to ready.");
        foreach (var ((template, phase), counts) in starts.Counts.OrderBy(static c => c.Key))
        {
            var (buckets, sum) = counts.Read();
            writer.Buckets(StartCounts.Bounds, buckets, sum, ("template", template), ("phase", phase));
        }

        writer.Gauge("adit_task_waiting", "Requests that are held for tasks that are not ready, and pages that watch them start.").Value(waiting.Waiting);
        writer.Counter("adit_task_held_total", "Requests that came to a task before it was ready, by what became of them.")
            .Value(waiting.Ready, ("outcome", "ready"))
            .Value(waiting.Late, ("outcome", "late"))
            .Value(waiting.Left, ("outcome", "left"))
            .Value(waiting.Refused, ("outcome", "refused"));
        writer.Counter("adit_task_waiting_pages_total", "Pages shown to people who came before a task was ready.").Value(waiting.Pages);
        writer.Counter("adit_task_idle_decisions_total", "What was done about tasks that nobody uses; 'aborted' is what a visit in that very moment kept.")
            .Value(idle.Warned, ("decision", "warn"))
            .Value(idle.Frozen, ("decision", "freeze"))
            .Value(idle.Thawed, ("decision", "thaw"))
            .Value(idle.Stopped, ("decision", "stop"))
            .Value(idle.Aborted, ("decision", "aborted"));
        workspaces.Write(writer);
    }
}
