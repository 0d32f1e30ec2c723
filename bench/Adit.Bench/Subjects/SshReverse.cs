using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Adit.Bench.Processes;

namespace Adit.Bench.Subjects;

/// <summary>
/// The reference: <c>ssh -R</c> to a server of our own on a high port of 127.0.0.1, with keys made for this run, as OpenSSH comes (its
/// default cipher, no compression).
/// </summary>
internal sealed class SshReverse : IAsyncDisposable
{
    private readonly Child _server;
    private readonly Child _client;

    private SshReverse(Child server, Child client, int port)
    {
        _server = server;
        _client = client;
        Subject = new Subject("ssh -R", new IPEndPoint(IPAddress.Loopback, port), $"127.0.0.1:{port}", server.Id, client.Id);
    }

    public Subject Subject { get; }

    /// <summary>Starts server and client; keys and configuration go to a directory below <paramref name="scratch"/>.</summary>
    public static async Task<SshReverse> StartAsync(string scratch, int backendPort, CancellationToken cancellationToken)
    {
        var home = Directory.CreateDirectory(Path.Combine(scratch, "ssh-" + LoopbackPort.Take())).FullName;
        var hostKey = await MakeKeyAsync(home, "host", cancellationToken);
        var userKey = await MakeKeyAsync(home, "user", cancellationToken);
        var (sshPort, port) = (LoopbackPort.Take(), LoopbackPort.Take());
        var config = Path.Combine(home, "sshd_config");
        await File.WriteAllTextAsync(config, $"""
            ListenAddress 127.0.0.1
            Port {sshPort}
            HostKey {hostKey}
            AuthorizedKeysFile {userKey}.pub
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            PermitRootLogin prohibit-password
            """, cancellationToken);

        var server = Child.Start("sshd", SshdPath(), ["-D", "-e", "-f", config]);
        await Until.TrueAsync(() => AcceptsAsync(sshPort), "sshd to listen", server, cancellationToken);
        var client = Child.Start("ssh -R", "ssh",
        [
            "-F", "none", "-N", "-T", "-i", userKey, "-p", sshPort.ToString(CultureInfo.InvariantCulture),
            "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes",
            "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-R", $"127.0.0.1:{port}:127.0.0.1:{backendPort}", $"{Environment.UserName}@127.0.0.1",
        ]);
        await Until.TrueAsync(() => AcceptsAsync(port), "ssh -R to listen", client, cancellationToken);
        return new SshReverse(server, client, port);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static async Task<string> MakeKeyAsync(string home, string name, CancellationToken cancellationToken)
    {
        var file = Path.Combine(home, name);
        await using var keygen = Child.Start("ssh-keygen", "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
        await Until.TrueAsync(() => keygen.HasExited, "ssh-keygen", null, cancellationToken);
        return file;
    }

    // sshd insists on being called by its full path, and sbin is not on everyone's PATH.
    private static string SshdPath() => Array.Find(["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"], File.Exists)
        ?? throw new FileNotFoundException("sshd is not installed: apt-get install openssh-server");

    private static async Task<bool> AcceptsAsync(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await probe.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
