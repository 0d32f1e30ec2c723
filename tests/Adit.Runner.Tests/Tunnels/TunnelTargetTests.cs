using Adit.Api;
using Adit.Runner.Tunnels;

namespace Adit.Runner.Tests.Tunnels;

public sealed class TunnelTargetTests
{
    [Theory]
    [InlineData("8888", TunnelKind.Http, "http://localhost:8888")]
    [InlineData("10.0.0.5:6443", TunnelKind.Tcp, "10.0.0.5:6443")]
    [InlineData("5432", TunnelKind.Tcp, "localhost:5432")]
    [InlineData("Db.Internal:5432", TunnelKind.Tcp, "db.internal:5432")]
    [InlineData("[::1]:80", TunnelKind.Http, "http://[::1]:80")]
    [InlineData("https://example.com", TunnelKind.Http, "https://example.com:443")]
    [InlineData("http://example.com/", TunnelKind.Http, "http://example.com:80")]
    [InlineData("h2c://127.0.0.1:50051", TunnelKind.Http, "h2c://127.0.0.1:50051")]
    [InlineData("tls://db:6380", TunnelKind.Tcp, "tls://db:6380")]
    [InlineData("unix:/run/app.sock", TunnelKind.Http, "unix:/run/app.sock")]
    public void What_people_write_is_understood(string text, TunnelKind kind, string expected)
    {
        var target = TunnelTarget.Parse(text, kind);

        Assert.Equal(expected, target.ToString());
        Assert.Equal(target, TunnelTarget.Parse(target.ToString(), kind));
    }

    [Theory]
    [InlineData("", TunnelKind.Http)]
    [InlineData("0", TunnelKind.Http)]
    [InlineData("65536", TunnelKind.Http)]
    [InlineData("-1", TunnelKind.Http)]
    [InlineData("host", TunnelKind.Http)]
    [InlineData("host:", TunnelKind.Http)]
    [InlineData(":80", TunnelKind.Http)]
    [InlineData("a b:80", TunnelKind.Http)]
    [InlineData("http://host:80/path", TunnelKind.Http)]
    [InlineData("http://user@host:80", TunnelKind.Http)]
    [InlineData("ftp://host:80", TunnelKind.Http)]
    [InlineData("http://host:80", TunnelKind.Tcp)]
    [InlineData("tls://host:80", TunnelKind.Http)]
    [InlineData("unix:relative", TunnelKind.Http)]
    [InlineData("unix:/run/a", TunnelKind.Tls)]
    [InlineData("host\r\n:80", TunnelKind.Http)]
    [InlineData("[not-v6]:80", TunnelKind.Tcp)]
    public void What_is_no_target_is_refused_with_a_reason(string text, TunnelKind kind)
    {
        var e = Assert.Throws<FormatException>(() => TunnelTarget.Parse(text, kind));

        Assert.NotEmpty(e.Message);
    }
}
