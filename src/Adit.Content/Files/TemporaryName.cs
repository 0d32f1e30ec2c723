using System.Text;

namespace Adit.Content.Files;

/// <summary>
/// Names of files that are being written and take another's place when they are complete. What a checkout that was killed leaves is known by them: no scan keeps it,
/// and the next checkout removes it.
/// </summary>
internal static class TemporaryName
{
    /// <summary>A name that no other writer of this process has at this moment.</summary>
    public static byte[] Make(int writer, int number) => Encoding.ASCII.GetBytes($".adit-{Environment.ProcessId}-{writer:x}-{number}~");

    /// <summary>Whether a file of this name was left by a checkout.</summary>
    public static bool Is(ReadOnlySpan<byte> name) => name.StartsWith(".adit-"u8) && name.EndsWith("~"u8);
}
