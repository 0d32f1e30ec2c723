using Adit.Content.Packs;

namespace Adit.Content.Index;

/// <summary>Merges runs to one that replaces them.</summary>
internal static class RunMerge
{
    /// <param name="runs">The newest first, which comes before the others where they speak of the same chunk.</param>
    /// <param name="skip">Records that are not to be kept.</param>
    public static void Write(StoreFiles files, string path, IReadOnlyList<RunFile> runs, Func<IndexRecord, bool> skip)
    {
        using var writer = new RunWriter(files, path, Spans(runs), runs.Sum(static r => (long)r.Count));
        var at = new uint[runs.Count];
        while (true)
        {
            var least = -1;
            for (var i = 0; i < at.Length; i++)
            {
                while (at[i] < runs[i].Count && (runs[i].IsLeft(runs[i][at[i]].Location.Pack) || skip(runs[i][at[i]])))
                    at[i]++;
                if (at[i] == runs[i].Count)
                    continue;
                var order = least < 0 ? -1 : runs[i][at[i]].Id.CompareTo(runs[least][at[least]].Id);
                if (order < 0)
                    least = i;
                else if (order == 0)
                    at[i]++; // A newer run says the same.
            }

            if (least < 0)
                break;
            writer.Add(runs[least][at[least]++]);
        }

        writer.Finish(runs.Min(static r => r.Number));
    }

    // Parts of a pack that follow each other become one.
    private static List<PackSpan> Spans(IReadOnlyList<RunFile> runs)
    {
        List<PackSpan> spans = [];
        foreach (var span in runs.SelectMany(static r => r.Header.Spans.Where(s => !r.IsLeft(s.Pack))).OrderBy(static s => s.Pack).ThenBy(static s => s.From)
            .ThenBy(static s => s.To))
        {
            if (spans.Count != 0 && spans[^1].Pack == span.Pack && spans[^1].To == span.From)
                spans[^1] = spans[^1].Then(span);
            else
                spans.Add(span);
        }

        return spans;
    }
}
