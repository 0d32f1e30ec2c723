using Adit.Api;
using Adit.Terminal;

namespace Adit.Tests.Terminal;

/// <summary>What a launch says of idleness.</summary>
public sealed class TaskWordsTests
{
    [Theory]
    [InlineData(null, 3600, 604800, "It is stopped after 60 min without use, and after 7 d in any case.")]
    [InlineData(900, 3600, null, "It is frozen after 15 min and stopped after 60 min without use.")]
    [InlineData(900, null, 604800, "It is frozen after 15 min without use, and stopped after 7 d in any case.")]
    [InlineData(null, null, 7200, "It is stopped after 2 h, used or not.")]
    [InlineData(30, null, null, "It is frozen after 30 s without use.")]
    public void What_follows_on_idleness_is_one_sentence(int? freeze, int? stop, int? age, string words) => Assert.Equal(
        words, TaskWords.Of(new TaskIdleTerms { FreezeAfterSeconds = freeze, StopAfterSeconds = stop, MaxAgeSeconds = age }));
}
