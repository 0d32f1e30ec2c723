namespace Adit.Content.Chunks;

/// <summary>How the body of a frame is stored.</summary>
public enum FrameCodec : byte
{
    /// <summary>As it is.</summary>
    Raw = 0,

    /// <summary>Zstandard (RFC 8878).</summary>
    Zstandard = 1,
}
