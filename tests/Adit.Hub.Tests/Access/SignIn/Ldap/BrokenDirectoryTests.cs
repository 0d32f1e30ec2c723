using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Adit.Hub.Access.SignIn.Ldap;
using Adit.Hub.Tests.Tunnels;

namespace Adit.Hub.Tests.Access.SignIn.Ldap;

/// <summary>Directories that are slow, silent or lie: a clear answer in time, and no hang.</summary>
public sealed class BrokenDirectoryTests
{
    // BER: what a server could say to a bind with message id 1.
    private static readonly byte[] BindOk = [0x30, 0x0c, 0x02, 0x01, 0x01, 0x61, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00];

    public static TheoryData<string, byte[]> Lies => new()
    {
        { "nothing at all", [] },
        { "another protocol", "HTTP/1.1 200 OK\r\n\r\n"u8.ToArray() },
        { "a length of four gigabytes", [0x30, 0x84, 0xff, 0xff, 0xff, 0xff] },
        { "a length of 600 MB", [0x30, 0x84, 0x24, 0x00, 0x00, 0x00] },
        { "an indefinite length", [0x30, 0x80, 0x00, 0x00] },
        { "a length of a length that is too long", [0x30, 0x88, 1, 2, 3, 4, 5, 6, 7, 8] },
        { "half an answer", BindOk[..7] },
        { "an answer to another question", [.. BindOk[..4], 0x07, .. BindOk[5..]] },
        { "a notice of disconnection", [.. BindOk[..4], 0x00, .. BindOk[5..]] },
        { "an answer of another kind", [.. BindOk[..5], 0x65, .. BindOk[6..]] },
        { "an answer that ends within", [0x30, 0x05, 0x02, 0x01, 0x01, 0x61, 0x00] },
        { "an answer whose content is no answer", [0x30, 0x07, 0x02, 0x01, 0x01, 0x61, 0x02, 0xff, 0xff] },
        { "a bind that succeeds and then silence", BindOk },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Lies))]
    public async Task What_is_not_an_answer_is_a_clear_refusal_in_time(string what, byte[] answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, answer);
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var hub = await TestHub.StartAsync(change: o => o with { SignIn = [Options(port)] });
        await Local.SetPasswordAsync(hub, "admin", "the local admin's");
        using var browser = new TestBrowser(hub);
        var started = Stopwatch.GetTimestamp();
        using var refused = await browser.SignInAsync("alice", "alice's password", "corp");
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20), what);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "source-unreachable"), (refused.StatusCode, await TestHub.CodeAsync(refused)));
        using var admin = await browser.SignInAsync("admin", "the local admin's");
        Assert.Equal(HttpStatusCode.OK, admin.StatusCode);
        listener.Stop();
        await serving.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hundred_who_wait_for_a_silent_directory_do_not_keep_an_admin_out()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var hub = await TestHub.StartAsync(change: o => o with { SignIn = [Options(port) with { Timeout = TimeSpan.FromSeconds(5) }] });
        await Local.SetPasswordAsync(hub, "admin", "the local admin's");
        using var browser = new TestBrowser(hub);
        var crowd = Enumerable.Range(0, 100).Select(_ => browser.SignInAsync("alice", "alice's password", "corp")).ToArray();
        using var other = new TestBrowser(hub);
        using var token = await other.SendAsync(HttpMethod.Post, "/api/v1/sign-in/token", new Api.TokenSignInRequest { Token = hub.AdminToken });
        using var admin = await other.SignInAsync("admin", "the local admin's");
        Assert.Equal(HttpStatusCode.OK, admin.StatusCode);
        foreach (var answer in await Task.WhenAll(crowd))
        {
            Assert.True(answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests, answer.StatusCode.ToString());
            answer.Dispose();
        }
    }

    private static LdapOptions Options(int port) => new()
    {
        Name = "corp",
        Title = "Corporate directory",
        Urls = [new Uri($"ldap://127.0.0.1:{port}")],
        UserBase = "dc=test",
        Timeout = TimeSpan.FromSeconds(1),
    };

    private static async Task ServeAsync(TcpListener listener, byte[] answer)
    {
        var held = new List<TcpClient>();
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                held.Add(client);
                var buffer = new byte[1024];
                if (await client.GetStream().ReadAsync(buffer) > 0)
                    await client.GetStream().WriteAsync(answer);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // The test is over.
        }
        finally
        {
            held.ForEach(static c => c.Dispose());
        }
    }
}
