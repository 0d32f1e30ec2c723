using System.Net;
using Adit.Link;
using Adit.Testing;

namespace Adit.Hub.Tests.Edge.Tls;

public sealed class HubTlsTests
{
    [Fact]
    public async Task A_hub_with_its_own_authority_is_trusted_by_whoever_fetched_its_certificate()
    {
        using var directory = new TempDirectory();
        var (plain, tls) = (Ports.Free(), Ports.Free());
        await using var hub = await HubApp.StartAsync(new HubOptions
        {
            DataDirectory = directory.File("data"),
            Listen = [$"127.0.0.1:{plain}"],
            ListenTls = [$"127.0.0.1:{tls}"],
            Tls = new TlsOptions { Auto = true },
        });

        using var clear = LoopbackHttp.Create();
        var pem = await clear.GetStringAsync($"http://127.0.0.1:{plain}/.well-known/adit-ca.pem").WaitAsync(TimeSpan.FromSeconds(20));
        var trust = new TlsTrust { CaFile = directory.Write("ca.pem", pem) };
        using var handler = new SocketsHttpHandler { SslOptions = trust.OptionsFor("127.0.0.1", tls) };
        using var client = new HttpClient(handler);
        using var answer = await client.GetAsync($"https://127.0.0.1:{tls}/.well-known/adit-ca.pem").WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(pem, await answer.Content.ReadAsStringAsync());

        using var challenge = await clear.GetAsync($"http://127.0.0.1:{plain}/.well-known/acme-challenge/none");
        Assert.Equal(HttpStatusCode.NotFound, challenge.StatusCode);
    }
}
