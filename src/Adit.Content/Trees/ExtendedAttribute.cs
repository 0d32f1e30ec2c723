namespace Adit.Content.Trees;

/// <summary>An extended attribute: its name, 1 to 255 bytes, and its value, at most 65,536.</summary>
public readonly record struct ExtendedAttribute(byte[] Name, byte[] Value);
