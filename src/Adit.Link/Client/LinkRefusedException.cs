namespace Adit.Link;

/// <summary>The hub answered, and will not have this link; trying again as it is will not help.</summary>
/// <param name="code">
/// A word for programs: <c>unauthorized</c>, <c>version</c>, <c>protocol</c>, <c>not-a-hub</c>, <c>untrusted</c>.
/// </param>
/// <param name="reason">A sentence for people.</param>
public sealed class LinkRefusedException(string code, string reason) : Exception(reason)
{
    /// <summary>A word for programs.</summary>
    public string Code { get; } = code;
}
