using Adit.Hub.Edge.Gate;
using Adit.Testing;

namespace Adit.Hub.Tests.Edge.Gate;

public sealed class AssertionKeysTests
{
    [Fact]
    public void A_disk_that_takes_no_new_key_leaves_the_one_until_now_and_is_tried_again()
    {
        var time = new ManualTimeProvider();
        using var parent = new TempDirectory();
        using var keys = new AssertionKeys(parent.File("data"), time);
        var first = keys.Current;
        var next = Path.Combine(parent.File("data"), "assertion-keys");
        Directory.Move(next, next + ".away");
        time.Advance(TimeSpan.FromDays(31));
        Assert.Same(first, keys.Current);
        Directory.Move(next + ".away", next);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(2, keys.Shown.Count);
        time.Advance(TimeSpan.FromDays(1));
        Assert.NotSame(first, keys.Current);
    }
}
