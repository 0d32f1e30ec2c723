namespace Adit.Hub.Storage;

/// <summary>The data directory or its database cannot do what is asked; the message says what to do about it.</summary>
public sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner);
