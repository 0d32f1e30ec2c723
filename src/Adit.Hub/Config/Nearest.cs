namespace Adit.Hub.Config;

/// <summary>Finds what somebody meant.</summary>
internal static class Nearest
{
    /// <summary>The word with the fewest changes from <paramref name="typed"/>, when it is near enough to be meant; else null.</summary>
    public static string? Of(string typed, IEnumerable<string> words)
    {
        if (typed.Length > 64)
            return null;
        var (word, distance) = words.Select(word => (word, Distance(typed, word))).MinBy(static candidate => candidate.Item2);
        return word is not null && distance <= Math.Max(2, word.Length / 3) ? word : null;
    }

    /// <summary>Whether at most a third of the letters, rounded up, differ: so that short words that have nothing in common are not taken for each other.</summary>
    public static bool IsNear(string typed, string word) => Distance(typed, word) <= (Math.Max(typed.Length, word.Length) + 2) / 3;

    // Levenshtein's distance, one row at a time.
    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
