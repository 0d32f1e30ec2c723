using System.Net;
using Adit.Bench.Processes;

namespace Adit.Bench.Subjects;

/// <summary>A way to the backend that is measured: where to connect, which host to ask for, and whose CPU time it costs.</summary>
/// <param name="Name">As the table shows it.</param>
/// <param name="Address">Where the load connects.</param>
/// <param name="Host">The Host header.</param>
/// <param name="Processes">The processes that are the way, by the id of each tree's root; none for the direct way.</param>
internal sealed record Subject(string Name, IPEndPoint Address, string Host, params int[] Processes)
{
    /// <summary>CPU time that the way has cost so far.</summary>
    public TimeSpan CpuTime() => Processes.Aggregate(TimeSpan.Zero, (sum, pid) => sum + ProcFs.CpuTime(pid));
}
