using Adit.Commands;

namespace Adit.Tests.Commands;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("adit tun", "tunnel")]
    [InlineData("adit tunnel h", "http")]
    [InlineData("adit tunnel http --acc", "--access")]
    [InlineData("adit tunnel http 80 --access p", "public")]
    [InlineData("adit completion f", "fish")]
    public void What_is_begun_is_completed(string line, string word) =>
        Assert.Contains(word, CompletionCommand.Words(line, line.Length));

    [Fact]
    public void Options_are_offered_only_where_one_is_begun() =>
        Assert.DoesNotContain(CompletionCommand.Words("adit ", 5), static w => w.StartsWith('-'));
}
