namespace Adit.Content;

/// <summary>Content is not what its id, its table or its format says. The message is one sentence that names what is damaged.</summary>
public sealed class DamagedContentException(string message, Exception? inner = null) : IOException(message, inner);
