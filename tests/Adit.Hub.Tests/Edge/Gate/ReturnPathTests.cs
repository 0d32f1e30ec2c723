using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Tests.Edge.Gate;

public sealed class ReturnPathTests
{
    [Theory]
    [InlineData("//evil.example")]
    [InlineData("///evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("\\\\evil.example")]
    [InlineData("/\t/evil.example")]
    [InlineData("/%09/evil.example", true)]
    [InlineData("\t//evil.example")]
    [InlineData(" //evil.example")]
    [InlineData("https:evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("user@evil.example")]
    [InlineData("@evil.example")]
    [InlineData("/x\r\nSet-Cookie: a=b")]
    [InlineData("/x\nLocation: //evil.example")]
    [InlineData("/\u3002\u3002/evil")]
    [InlineData("/\uff0f/evil.example")]
    [InlineData("/\u2215evil.example")]
    [InlineData("/x y")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("?x")]
    [InlineData("/_adit/sign-in")]
    [InlineData("/_adit/callback?code=1")]
    public void Nobody_is_sent_to_another_host(string? to, bool isPath = false) => Assert.Equal(isPath ? to : "/", ReturnPath.Safe(to));

    [Theory]
    [InlineData("/")]
    [InlineData("/x?y=%20z&to=https://example.com")]
    [InlineData("/a@b/c")]
    public void Paths_of_the_host_are_kept(string to) => Assert.Equal(to, ReturnPath.Safe(to));
}
