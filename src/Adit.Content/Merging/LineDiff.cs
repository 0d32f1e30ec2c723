namespace Adit.Content.Merging;

/// <summary>
/// Tells two sequences apart by the fewest changes: Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), in linear space. Elements are numbers, the same for
/// the same line. Bounded in time: where both are too far apart for that, all of a part counts as changed, which is right too, and coarser.
/// </summary>
internal sealed class LineDiff
{
    private const int None = int.MinValue;
    private const long Steps = 60_000_000;

    private readonly int[] _a;
    private readonly int[] _b;
    private readonly bool[] _goneFromA;
    private readonly bool[] _newInB;
    private readonly int[] _forward;
    private readonly int[] _backward;
    private long _left;

    private LineDiff(int[] a, int[] b, long steps)
    {
        (_a, _b, _left) = (a, b, steps);
        (_goneFromA, _newInB) = (new bool[a.Length], new bool[b.Length]);
        (_forward, _backward) = (new int[a.Length + b.Length + 6], new int[a.Length + b.Length + 6]);
    }

    /// <summary>What differs, in order. Between two changes there is at least one element that both have.</summary>
    public static List<LineChange> Compare(int[] a, int[] b, long steps = Steps)
    {
        var diff = new LineDiff(a, b, steps);
        diff.Compare(0, a.Length, 0, b.Length);
        return diff.Changes();
    }

    private List<LineChange> Changes()
    {
        var changes = new List<LineChange>();
        for (int i = 0, j = 0; i < _a.Length || j < _b.Length;)
        {
            var (start, otherStart) = (i, j);
            while (i < _a.Length && _goneFromA[i])
                i++;
            while (j < _b.Length && _newInB[j])
                j++;
            if (i > start || j > otherStart)
                changes.Add(new LineChange(start, i, otherStart, j));
            // What is in both goes on beside each other.
            while (i < _a.Length && j < _b.Length && !_goneFromA[i] && !_newInB[j])
                (i, j) = (i + 1, j + 1);
        }

        return changes;
    }

    private void Compare(int aFrom, int aTo, int bFrom, int bTo)
    {
        while (aFrom < aTo && bFrom < bTo && _a[aFrom] == _b[bFrom])
            (aFrom, bFrom) = (aFrom + 1, bFrom + 1);
        while (aFrom < aTo && bFrom < bTo && _a[aTo - 1] == _b[bTo - 1])
            (aTo, bTo) = (aTo - 1, bTo - 1);
        if (aFrom < aTo && bFrom < bTo && Middle(aFrom, aTo, bFrom, bTo) is { } middle)
        {
            Compare(aFrom, middle.X, bFrom, middle.Y);
            Compare(middle.X, aTo, middle.Y, bTo);
            return;
        }

        _goneFromA.AsSpan(aFrom, aTo - aFrom).Fill(true);
        _newInB.AsSpan(bFrom, bTo - bFrom).Fill(true);
    }

    // A point on a shortest way from one corner to the other, which is neither; null when it would take too long to find.
    private (int X, int Y)? Middle(int aFrom, int aTo, int bFrom, int bTo)
    {
        var (n, m) = (aTo - aFrom, bTo - bFrom);
        var (delta, most) = (n - m, (n + m + 1) / 2);
        var zero = most + 2;
        for (var d = 0; d <= most; d++)
        {
            if (d == 0)
                (_forward[zero - 1], _forward[zero + 1], _backward[zero - 1], _backward[zero + 1]) = (None, None, None, None);
            (_forward[zero - d - 1], _forward[zero + d + 1], _backward[zero - d - 1], _backward[zero + d + 1]) = (None, None, None, None);
            for (var k = -d; k <= d; k += 2)
            {
                var x = d == 0 ? 0 : Next(_forward, zero, k, n, m);
                if (x != None)
                {
                    var start = x;
                    while (x < n && x - k < m && _a[aFrom + x] == _b[bFrom + x - k])
                        x++;
                    _left -= x - start;
                }

                _forward[zero + k] = x;
                if (x != None && (delta & 1) != 0 && Math.Abs(delta - k) <= d - 1 && _backward[zero + delta - k] is not None and var back && x + back >= n)
                    return (aFrom + x, bFrom + x - k);
            }

            for (var k = -d; k <= d; k += 2)
            {
                var x = d == 0 ? 0 : Next(_backward, zero, k, n, m);
                if (x != None)
                {
                    var start = x;
                    while (x < n && x - k < m && _a[aTo - 1 - x] == _b[bTo - 1 - (x - k)])
                        x++;
                    _left -= x - start;
                }

                _backward[zero + k] = x;
                if (x != None && (delta & 1) == 0 && Math.Abs(delta - k) <= d && _forward[zero + delta - k] is not None and var forth && x + forth >= n)
                    return (aTo - x, bTo - (x - k));
            }

            _left -= (2 * d) + 1;
            if (_left < 0)
                return null;
        }

        return null;
    }

    // How far one more change gets on a diagonal: one element less of the first, or one more of the second. None where that is outside.
    private static int Next(int[] reached, int zero, int k, int n, int m)
    {
        var over = reached[zero + k - 1] is not None and var left && left < n ? left + 1 : None;
        if (over != None && over - k > m)
            over = None;
        var down = reached[zero + k + 1] is not None and var above && above - k <= m ? above : None;
        return Math.Max(over, down);
    }
}
