using Adit.Hub.Access.SignIn;

namespace Adit.Hub.Tests.Access.SignIn.Oidc;

public sealed class LocalPathTests
{
    [Theory]
    [InlineData("//evil.test")]
    [InlineData("///evil.test")]
    [InlineData("/\\evil.test")]
    [InlineData("\\\\evil.test")]
    [InlineData("/\t/evil.test")]
    [InlineData("/%09/evil.test")]
    [InlineData("/%5cevil.test")]
    [InlineData("/%2fevil.test")]
    [InlineData("https:evil.test")]
    [InlineData("https://evil.test")]
    [InlineData("http:/evil.test")]
    [InlineData("javascript:alert(1)")]
    [InlineData("user@evil.test")]
    [InlineData("@evil.test")]
    [InlineData("/path\r\nSet-Cookie: a=b")]
    [InlineData("/path%0d%0aSet-Cookie:%20a=b")]
    [InlineData("/\u3002evil.test")]
    [InlineData("\uff0f\uff0fevil.test")]
    [InlineData(" /path")]
    [InlineData("")]
    [InlineData(null)]
    public void What_could_lead_to_another_host_leads_home(string? to) => Assert.Equal("/", LocalPath.Safe(to));

    [Theory]
    [InlineData("/")]
    [InlineData("/tunnels")]
    [InlineData("/tunnels?q=a&to=https://elsewhere.test/")]
    [InlineData("/apps/authorize?app_host=a.adit.test&state=x%20y#part")]
    [InlineData("/a//b")]
    public void A_path_of_this_host_stays(string to) => Assert.Equal(to, LocalPath.Safe(to));

    [Fact]
    public void A_path_that_is_too_long_leads_home() => Assert.Equal("/", LocalPath.Safe("/" + new string('a', 5000)));
}
