using Adit.Content.Packs;

namespace Adit.Content;

/// <summary>What a collection did.</summary>
/// <param name="PacksDeleted">Packs in which nothing was live.</param>
/// <param name="PacksRewritten">Packs whose live chunks were copied elsewhere.</param>
/// <param name="BytesFreed">Bytes of these packs' files, less what was written instead of them.</param>
/// <param name="LivePlainBytes">Plain bytes of the chunks that are live, those excepted that came while it ran.</param>
/// <param name="MissingChunks">Chunks that were marked and are not in the store, or damaged there.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Findings">Packs that it left alone because it could not read them.</param>
public sealed record CollectionResult(
    int PacksDeleted, int PacksRewritten, long BytesFreed, long LivePlainBytes, long MissingChunks, TimeSpan Elapsed, IReadOnlyList<StoreFinding> Findings);
