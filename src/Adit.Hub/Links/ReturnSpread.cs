namespace Adit.Hub.Links;

/// <summary>
/// Over which time clients shall spread their return after a drain. The hub is away for a second or two, and who tries meanwhile comes
/// again with everybody else; so many links need more time than that, or most of them come in the second in which it is back.
/// </summary>
internal static class ReturnSpread
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan OfEachLink = TimeSpan.FromMilliseconds(4);
    private const int MostEachSecond = 400;

    /// <summary>The time for so many links: short for few, six seconds from a thousand on, and more where that would be too many a second.</summary>
    public static TimeSpan Of(int links)
    {
        var growing = Least + (OfEachLink * links);
        var bounded = TimeSpan.FromSeconds((double)links / MostEachSecond);
        return growing < Enough ? growing : bounded > Enough ? bounded : Enough;
    }
}
