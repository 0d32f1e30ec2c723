using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using Adit.Runner.Executors;
using Adit.Testing;

namespace Adit.Runner.Tests.Executors;

/// <summary>
/// A real Docker engine of the tests' own: its data, its socket, its bridge. It has one image, <c>adit-test/host:1</c>: next to nothing, in which a
/// container sees the machine's own <c>/usr</c>, so that every program of the machine is there and nothing is fetched.
/// </summary>
public sealed class DockerDaemon : IAsyncLifetime
{
    public const string Image = "adit-test/host:1";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _folder = new();
    private readonly string _bridge = "adit" + (Environment.ProcessId % 100_000).ToString(CultureInfo.InvariantCulture);
    private Process? _daemon;
    private string _said = "";

    public string Socket => _folder.File("docker.sock");

    /// <summary>Why there is none; null when it runs.</summary>
    public string? Lack { get; private set; }

    public async ValueTask InitializeAsync()
    {
        if (Environment.UserName != "root" || !File.Exists("/usr/sbin/dockerd"))
        {
            Lack = "Needs root and dockerd (package docker.io).";
            return;
        }

        // An engine that takes the usual bridge would share it with whatever other engine the machine has.
        await RunAsync("ip", "link", "add", _bridge, "type", "bridge");
        await RunAsync("ip", "address", "add", $"10.{200 + Environment.ProcessId % 50}.{Environment.ProcessId / 50 % 250}.1/24", "dev", _bridge);
        await RunAsync("ip", "link", "set", _bridge, "up");
        await StartAsync();
        await ImportAsync();
    }

    /// <summary>Starts the engine, for the first time or again.</summary>
    public async Task StartAsync()
    {
        _daemon = Process.Start(new ProcessStartInfo(
            "/usr/sbin/dockerd",
            ["--host", "unix://" + Socket, "--data-root", _folder.File("root"), "--exec-root", _folder.File("exec"), "--pidfile", _folder.File("pid"), "--bridge", _bridge, "--log-level", "error", "--live-restore"])
        {
            RedirectStandardError = true,
        })!;
        _daemon.ErrorDataReceived += (_, line) => _said += line.Data + "\n";
        _daemon.BeginErrorReadLine();
        using var engine = new DockerEngine(Socket, Deadline, TimeProvider.System);
        await Eventually.HoldsAsync(async () =>
        {
            Assert.False(_daemon.HasExited, _said);
            try
            {
                return await engine.AskAsync(HttpMethod.Get, "/info", null, CancellationToken.None) is not null;
            }
            catch (DockerException)
            {
                return false;
            }
        }, "the engine answers", Deadline);
    }

    /// <summary>Ends the engine; its containers go on, as they do when an engine is upgraded.</summary>
    public async Task StopAsync()
    {
        await RunAsync("kill", "-TERM", _daemon!.Id.ToString(CultureInfo.InvariantCulture));
        await _daemon.WaitForExitAsync().WaitAsync(Deadline);
        _daemon.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (Lack is null)
        {
            await StopAsync();
            await RunAsync("ip", "link", "delete", _bridge);
            foreach (var mount in (await File.ReadAllLinesAsync("/proc/self/mounts")).Select(static l => l.Split(' ')[1]).Where(m => m.StartsWith(_folder.Path, StringComparison.Ordinal)).Reverse())
                await RunAsync("umount", mount);
        }

        _folder.Dispose();
    }

    /// <summary>Puts the image into a registry under another name, and forgets that name here.</summary>
    public async Task PushAsync(string name, string user, string password)
    {
        using var engine = new DockerEngine(Socket, Deadline, TimeProvider.System);
        await engine.AskAsync(HttpMethod.Post, $"/images/{Image}/tag?repo={Uri.EscapeDataString(name)}&tag=1", null, CancellationToken.None);
        var login = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($$"""{"username":"{{user}}","password":"{{password}}"}"""));
        var said = "";
        await Eventually.HoldsAsync(async () =>
        {
            using var response = await engine.OpenAsync(HttpMethod.Post, $"/images/{name}/push?tag=1", new Dictionary<string, string> { ["X-Registry-Auth"] = login }, CancellationToken.None);
            said = await response.Content.ReadAsStringAsync();
            return !said.Contains("connection refused", StringComparison.Ordinal); // The registry is just starting.
        }, "the registry takes the image");
        Assert.DoesNotContain("\"error\"", said, StringComparison.Ordinal);
        await engine.AskAsync(HttpMethod.Delete, $"/images/{name}:1", null, CancellationToken.None);
    }

    private async Task ImportAsync()
    {
        using var image = new MemoryStream();
        await using (var tar = new TarWriter(image, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var link in (string[])["bin", "lib", "lib64"])
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, link) { LinkName = "usr/" + link });
            foreach (var directory in (string[])["sbin", "etc", "tmp", "home", "proc", "dev", "usr"])
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, directory) { Mode = (UnixFileMode)0x1ED });
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "etc/passwd")
            {
                DataStream = new MemoryStream("root:x:0:0:root:/root:/bin/sh\nada:x:1234:1234::/home/ada:/bin/sh\n"u8.ToArray()),
                Mode = (UnixFileMode)0x1A4,
            });
        }

        image.Position = 0;
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
                await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(Socket), cancellationToken);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        });
        using var content = new StreamContent(image);
        using var response = await http.PostAsync(
            new Uri("http://docker/images/create?fromSrc=-&repo=adit-test/host&tag=1&changes=" + Uri.EscapeDataString("ENV PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin")), content);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        Assert.DoesNotContain("error", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    internal static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Deadline);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {said}");
    }
}
