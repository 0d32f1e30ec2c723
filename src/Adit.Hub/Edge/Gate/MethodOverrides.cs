using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// The methods that a request asks the application to take instead of its own. Frameworks differ in which field they read, and whether the
/// first or the last of several; so all of them count.
/// </summary>
internal static class MethodOverrides
{
    /// <summary>The fields that frameworks read. Other spellings of them are not passed on.</summary>
    public static IReadOnlyList<string> Fields { get; } = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];

    /// <summary>All that is asked for, in no order; empty for most requests.</summary>
    public static IReadOnlyList<string> Of(IHeaderDictionary headers)
    {
        List<string>? all = null;
        for (var i = 0; i < Fields.Count; i++)
        {
            if (!headers.TryGetValue(Fields[i], out var lines))
                continue;
            foreach (var line in lines)
                (all ??= []).AddRange((line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        }

        return all ?? (IReadOnlyList<string>)[];
    }
}
