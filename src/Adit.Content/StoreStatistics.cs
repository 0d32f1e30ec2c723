namespace Adit.Content;

/// <summary>How much is in a store.</summary>
/// <param name="Packs">Number of pack files.</param>
/// <param name="StoredBytes">Bytes of the pack files.</param>
/// <param name="PlainBytes">Bytes of the chunks in them before compression; one that is stored twice counts twice.</param>
/// <param name="DataChunks">Chunks of kind 0 in them.</param>
/// <param name="ListChunks">Of kind 1.</param>
/// <param name="DirectoryChunks">Of kind 2.</param>
/// <param name="SnapshotChunks">Of kind 3.</param>
/// <param name="DamagedChunks">Chunks that were found damaged where they lie.</param>
/// <param name="IndexBytes">Bytes of the index's files.</param>
public sealed record StoreStatistics(
    int Packs,
    long StoredBytes,
    long PlainBytes,
    long DataChunks,
    long ListChunks,
    long DirectoryChunks,
    long SnapshotChunks,
    int DamagedChunks,
    long IndexBytes);
