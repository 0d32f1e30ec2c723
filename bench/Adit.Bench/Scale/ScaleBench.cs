using Adit.Bench.Report;

namespace Adit.Bench.Scale;

/// <summary>Many at once: idle links and tunnels, tunnels made and removed, WebSockets, and the return after a restart.</summary>
internal static class ScaleBench
{
    public const string Name = "scale";

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchRun run, CancellationToken cancellationToken) =>
        [.. await IdleLinks.MeasureAsync(run, cancellationToken), await WebSocketMemory.MeasureAsync(run, cancellationToken)];
}
