using Adit.Content.Trees;

namespace Adit.Content.Merging;

/// <summary>Merges extended attributes, each on its own.</summary>
internal static class AttributeMerge
{
    // What S3 says of the content goes with the content; see Adit.Hub.S3.ObjectAttributes.
    private static readonly byte[] ETagName = [.. "user.s3.etag"u8];

    /// <summary>Whether both have the same.</summary>
    public static bool IsSame(TreeEntry x, TreeEntry y)
    {
        if (x.Attributes.Count != y.Attributes.Count)
            return false;
        for (var i = 0; i < x.Attributes.Count; i++)
        {
            if (!x.Attributes[i].Name.AsSpan().SequenceEqual(y.Attributes[i].Name) || !x.Attributes[i].Value.AsSpan().SequenceEqual(y.Attributes[i].Value))
                return false;
        }

        return true;
    }

    /// <summary>Merges; where both gave one another value it is ours, and they are not agreed.</summary>
    /// <param name="before">What both come from.</param>
    /// <param name="ours">What our side has.</param>
    /// <param name="theirs">What the other has.</param>
    /// <param name="content">The content that was taken, or made of both.</param>
    public static (IReadOnlyList<ExtendedAttribute> Attributes, bool IsAgreed) Merge(TreeEntry? before, TreeEntry ours, TreeEntry theirs, TreeEntry content)
    {
        if (IsSame(ours, theirs))
            return (ours.Attributes, true);
        var (b, o, t) = (Named(before), Named(ours), Named(theirs));
        var merged = new List<ExtendedAttribute>();
        var isAgreed = true;
        foreach (var name in o.Keys.Union(t.Keys, NameComparer.Instance).Order(NameComparer.Instance))
        {
            var (was, my, their) = (b.GetValueOrDefault(name), o.GetValueOrDefault(name), t.GetValueOrDefault(name));
            var isOfContent = NameComparer.Instance.Equals(name, ETagName);
            var value = isOfContent ? (content.HasContentOf(ours) ? my : null) ?? (content.HasContentOf(theirs) ? their : null) : IsEqual(was, my) ? their : my;
            isAgreed &= isOfContent || IsEqual(was, my) || IsEqual(was, their) || IsEqual(my, their);
            if (value is not null)
                merged.Add(new ExtendedAttribute(name, value));
        }

        return merged.Count <= TreeEntry.MaxAttributes && merged.Sum(static a => a.Name.Length + a.Value.Length) <= TreeEntry.MaxAttributeBytes
            ? (merged, isAgreed)
            : (ours.Attributes, false);
    }

    private static Dictionary<byte[], byte[]> Named(TreeEntry? entry) => (entry?.Attributes ?? []).ToDictionary(static a => a.Name, static a => a.Value, NameComparer.Instance);

    private static bool IsEqual(byte[]? x, byte[]? y) => x is null || y is null ? x is null && y is null : x.AsSpan().SequenceEqual(y);
}
