using Adit.Hub.Tasks;
using Adit.Hub.Tunnels;

namespace Adit.Hub.Tests.Tasks;

public sealed class TaskNamesTests
{
    [Theory]
    [InlineData("demo", true)]
    [InlineData("a", true)]
    [InlineData("ab", false)] // ab--ann has hyphens where internationalized names have them.
    [InlineData("my-notebook-2", true)]
    [InlineData("my--notebook", false)]
    [InlineData("-x-", false)]
    [InlineData("Demo", false)]
    [InlineData("a.b", false)]
    [InlineData("", false)]
    [InlineData("abcdefghijklmnopqrstuvwxyz01234", false)]
    public void A_name_is_a_label_that_cannot_be_mistaken(string name, bool isGood) => Assert.Equal(isGood, TaskNames.Refusal(name) is null);

    [Fact]
    public void Accounts_that_are_no_labels_get_one_of_their_own()
    {
        Assert.Equal("ann", TaskNames.OwnerLabel("ann"));
        string[] accounts = ["ann.b", "ann-b", "ann_b", "ann--b", "-ann", new string('x', 63), new string('x', 62) + "y", "..."];
        var labels = accounts.Select(TaskNames.OwnerLabel).ToList();
        Assert.Equal(accounts.Length, labels.Distinct().Count());
        Assert.All(labels, static l => Assert.Null(TunnelName.Refusal("demo--" + l.TrimStart('-'))));
        Assert.All(labels, static l => Assert.DoesNotContain("--", l, StringComparison.Ordinal));
        Assert.All(labels, static l => Assert.True(l.Length <= 31 && l[0] != '-', l));
    }

    [Fact]
    public void The_ports_of_a_task_have_addresses_of_their_own()
    {
        Assert.Equal("demo--ann", TaskNames.Tunnel("demo", "ann", null));
        Assert.Equal("api--demo--ann", TaskNames.Tunnel("demo", "ann", "api"));
        Assert.NotNull(TaskNames.TunnelRefusal(new string('n', 30), new string('o', 31), "api"));
    }
}
