using Adit.Content.Packs;

namespace Adit.Content;

/// <summary>How far a check has come.</summary>
/// <param name="Packs">Packs that were looked at.</param>
/// <param name="AllPacks">Packs there are.</param>
/// <param name="Bytes">Bytes of these packs' files.</param>
/// <param name="AllBytes">Bytes of all of them.</param>
public readonly record struct CheckProgress(int Packs, int AllPacks, long Bytes, long AllBytes);

/// <summary>What a check found.</summary>
/// <param name="Packs">Packs that were looked at.</param>
/// <param name="Frames">Frames in them.</param>
/// <param name="Chunks">Chunks in them.</param>
/// <param name="Bytes">Bytes of their files.</param>
/// <param name="DamagedChunks">Chunks that are damaged where they lie, known before or found now.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Findings">What is not as it should be, at most 1,000; empty: all is well.</param>
public sealed record CheckResult(int Packs, long Frames, long Chunks, long Bytes, int DamagedChunks, TimeSpan Elapsed, IReadOnlyList<StoreFinding> Findings);
