namespace Adit.Content.Files;

/// <summary>Something in a directory cannot be written. The message names it and says why.</summary>
public sealed class CannotWriteException(string message, Exception? inner = null) : IOException(message, inner);
