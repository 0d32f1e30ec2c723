namespace Adit.Hub.Edge.Gate;

/// <summary>Where a visitor goes after signing in: a path of the same host, whatever was asked for.</summary>
internal static class ReturnPath
{
    /// <summary>
    /// The path if it is one, else <c>/</c>. Browsers take <c>//host</c>, <c>/\host</c> and these with tabs or line breaks inside for
    /// other hosts, so nothing but printable ASCII is a path, and its second character is neither slash nor backslash.
    /// </summary>
    /// <param name="to">Where to.</param>
    /// <param name="prefix">In path mode the path of the application, which is not left; else empty.</param>
    public static string Safe(string? to, string prefix) =>
        prefix.Length == 0 ? Safe(to)
        : to is not null && to.StartsWith(prefix + "/", StringComparison.Ordinal) ? prefix + Safe(to[prefix.Length..])
        : prefix + "/";

    /// <inheritdoc cref="Safe(string?, string)" path="/summary"/>
    public static string Safe(string? to) =>
        to is { Length: <= 4096 } && IsPath(to) && !to.StartsWith(Gatekeeper.OwnPaths, StringComparison.Ordinal) ? to : "/";

    /// <summary>Whether a text is a path of the host whose answer it is put into, and of no other.</summary>
    public static bool IsPath(string to) =>
        to.Length > 0 && to[0] == '/' && !(to.Length > 1 && to[1] is '/' or '\\') && !to.AsSpan().ContainsAnyExceptInRange('!', '~');
}
