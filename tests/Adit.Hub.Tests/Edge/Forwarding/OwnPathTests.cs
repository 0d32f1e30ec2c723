using Adit.Hub.Edge.Forwarding;

namespace Adit.Hub.Tests.Edge.Forwarding;

public sealed class OwnPathTests
{
    [Theory]
    [InlineData("/_adit/embed/NAHViGsb9cctjLmBiPNCo4Y4wCY3hjcV", "/_adit/embed/…")]
    [InlineData("/_adit/embed/g-1?g=ey.J.x&to=/page", "/_adit/embed/…")]
    [InlineData("/_adit/callback?code=abc&state=def", "/_adit/callback?…")]
    [InlineData("http://demo.adit.test/_adit/callback?code=abc", "/_adit/callback?…")]
    [InlineData("/_adit/logout", "/_adit/logout")]
    [InlineData("/page?code=abc", "/page?code=abc")]
    [InlineData("/x/_adit/embed/secret", "/x/_adit/embed/secret")]
    [InlineData("*", "*")]
    public void What_follows_the_gates_own_paths_is_not_shown(string target, string shown) => Assert.Equal(shown, OwnPath.Shown(target));
}
