using System.Text.RegularExpressions;
using Adit.Api;
using Adit.Hub.Tasks;
using Adit.Testing;

namespace Adit.Hub.Tests.Tasks;

public sealed partial class TaskLifeTests
{
    [Fact]
    public void The_table_of_the_reference_is_that_of_the_code()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "reference", "tasks.md"));
        var rows = Row.Matches(page).Select(static m => (m.Groups[1].Value, m.Groups[2].Value)).ToList();
        Assert.Equal(Enum.GetValues<TaskState>().Select(static s => s.Word()).Order(), rows.Select(static r => r.Item1).Order());
        foreach (var (state, next) in rows)
        {
            var after = TaskLife.After(Enum.Parse<TaskState>(state, ignoreCase: true)).Select(static s => s.Word()).Order();
            Assert.Equal(after, Word.Matches(next).Select(static m => m.Groups[1].Value).Order());
        }
    }

    [Fact]
    public void What_has_ended_goes_on_by_a_new_attempt_only()
    {
        foreach (var state in Enum.GetValues<TaskState>())
            Assert.Equal(TaskLife.IsEnd(state), TaskLife.After(state).SetEquals([TaskState.Queued]));
    }

    [GeneratedRegex(@"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row { get; }

    [GeneratedRegex("`([a-z]+)`")]
    private static partial Regex Word { get; }
}
