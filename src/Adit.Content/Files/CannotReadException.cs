namespace Adit.Content.Files;

/// <summary>Something in a directory cannot be read. Unlike what a store throws when it cannot be written, it concerns that file or directory alone.</summary>
internal sealed class CannotReadException(string message, Exception? inner = null) : IOException(message, inner);
