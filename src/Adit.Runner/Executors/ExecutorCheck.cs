namespace Adit.Runner.Executors;

/// <summary>What an executor can do on this machine.</summary>
/// <param name="Works">Whether it can run tasks at all.</param>
/// <param name="Warnings">What it cannot do, and why it does not work where it does not: a sentence each, with the remedy, for the admin.</param>
internal sealed record ExecutorCheck(bool Works, IReadOnlyList<string> Warnings);
