using System.Runtime.Versioning;
using Adit.Api;
using Adit.Runner.Executors;
using Adit.Testing;

namespace Adit.Runner.Tests.Executors;

/// <summary>The conformance of containers, against a real engine, and what only they have.</summary>
[SupportedOSPlatform("linux")]
public sealed class DockerExecutorTests(DockerDaemon daemon) : ExecutorConformance, IClassFixture<DockerDaemon>
{
    private protected override IExecutor NewExecutor()
    {
        Assert.SkipWhen(daemon.Lack is not null, daemon.Lack ?? "");
        return new DockerExecutor(new DockerExecutorOptions { Socket = daemon.Socket, IsWanted = true }, TimeProvider.System);
    }

    private protected override TaskSpec For(TaskSpec spec) => spec with
    {
        Id = spec.Id.ToLowerInvariant(),
        Executor = "docker",
        Image = new ImageSpec { Reference = DockerDaemon.Image },
        Mounts = [new MountSpec("/usr", "/usr", true), new MountSpec("/etc/alternatives", "/etc/alternatives", true)],
    };

    [Fact]
    public async Task No_container_is_left_when_its_log_was_read_to_the_end()
    {
        var spec = Shell("echo done; exit 2");
        await RunAsync(spec);
        using var engine = Engine();

        var e = await Assert.ThrowsAsync<DockerException>(() => engine.AskAsync(HttpMethod.Get, $"/containers/{ContainerSpec.NameOf(spec)}/json", null, CancellationToken.None));

        Assert.Equal(System.Net.HttpStatusCode.NotFound, e.Status);
        Assert.Equal(2, (await (await AdoptAsync(spec))!.Ended.WaitAsync(Deadline)).ExitCode);
    }

    [Fact]
    public async Task An_image_that_is_missing_is_named()
    {
        var never = Task("true") with { Image = new ImageSpec { Reference = "adit-test/none:1", Pull = "never" } };
        var e = await Assert.ThrowsAsync<ExecutorException>(() => StartAsync(never));
        Assert.Contains("'adit-test/none:1' is not on the runner", e.Message, StringComparison.Ordinal);

        var refused = Task("true") with { Image = new ImageSpec { Reference = $"127.0.0.1:{Ports.Free()}/none:1" } };
        e = await Assert.ThrowsAsync<ExecutorException>(() => StartAsync(refused));
        Assert.Contains("/none:1' cannot be", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ExecutorException>(() => StartAsync(Task("true") with { Image = new ImageSpec { Reference = "x/../../containers/json?x=" } }));
    }

    [Fact]
    public async Task An_image_is_pulled_from_a_registry_that_wants_a_password()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/docker-registry"), "Needs docker-registry.");
        using var folder = new TempDirectory();
        var port = Ports.Free();
        // The password is 'secret-word'.
        folder.Write("users", "ada:$2b$12$DDAAQmSVdskVit80uR3IHeDjx94hXQYrhuN7pDJjKmnW2yyB5fwiW\n");
        folder.Write("registry.yml", $"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {folder.File("images")}}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\nauth: {{htpasswd: {{realm: test, path: {folder.File("users")}}}}}\n");
        using var registry = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/usr/bin/docker-registry", ["serve", folder.File("registry.yml")]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        try
        {
            var image = $"127.0.0.1:{port}/team/host";
            await daemon.PushAsync(image, "ada", "secret-word");
            var known = new ImageSpec { Reference = image + ":1", User = "ada", Password = "secret-word" };

            var e = await Assert.ThrowsAsync<ExecutorException>(() => StartAsync(Task("true") with { Image = known with { Password = "wrong" } }));
            Assert.Contains($"'{image}:1' cannot be", e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("wrong", e.Message, StringComparison.Ordinal);

            var progress = new List<string>();
            var spec = Shell("echo pulled") with { Image = known };
            await NewExecutor().PrepareAsync(Place(spec), spec, new Told(progress), CancellationToken.None).WaitAsync(Deadline);
            Assert.Equal("pulling", progress[0]);
            var (_, stdout, _) = await RunAsync(spec with { Image = known with { Pull = "never" } }); // It is there now.
            Assert.Equal(["pulled"], stdout);
        }
        finally
        {
            registry.Kill();
            await registry.WaitForExitAsync().WaitAsync(Deadline);
        }
    }

    [Fact]
    public async Task A_container_may_do_nothing_to_its_machine_unless_the_template_says_so()
    {
        var (_, stdout, _) = await RunAsync(Shell("grep CapEff /proc/self/status"));
        Assert.Equal(["CapEff:\t00000000a80425fb"], stdout); // Docker's own list.

        // Many machines, and that of our tests, have no full rights to give.
        bool Asked(TaskSpec spec) => ContainerSpec.Of(Place(spec), spec, new DockerImage("", []), new DockerExecutorOptions())["HostConfig"]!["Privileged"]!.GetValue<bool>();
        Assert.False(Asked(Shell("true")));
        Assert.True(Asked(Shell("true") with { IsPrivileged = true }));
    }

    [Theory]
    [InlineData("ada", "1234")]
    [InlineData("777:888", "777")]
    public async Task A_container_that_is_not_root_can_write_its_home(string user, string id)
    {
        var (end, stdout, _) = await RunAsync(Shell("id -u; touch mine; cat hello; echo more >> hello; stat -c %u . hello mine") with
        {
            User = user,
            Files = new Dictionary<string, string> { ["hello"] = "hi\n" },
        });

        Assert.Equal(0, end.ExitCode);
        Assert.Equal([id, "hi", id, id, id], stdout);
    }

    [Fact]
    public async Task What_listens_is_published_on_loopback_alone()
    {
        var spec = Task("python3", "-c", Listener, "{{port}}", "hello") with { Ports = [new PortSpec { Name = "web" }] };
        var execution = await StartAsync(spec);
        await SaysAsync(execution.Ports["web"], "hello");

        var listening = System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(l => l.Port == execution.Ports["web"].Port);

        Assert.All(listening, static l => Assert.True(System.Net.IPAddress.IsLoopback(l.Address), l.ToString()));
    }

    [Fact]
    public async Task A_restart_of_the_engine_loses_nothing()
    {
        var spec = Shell("i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo $i; echo e$i >&2; sleep 0.1; done; exit 4");
        var execution = await StartAsync(spec);
        var spool = Spool(spec);
        var reading = execution.ReadOutputAsync(spool, CancellationToken.None);
        await spool.WaitAsync(10, CancellationToken.None).WaitAsync(Deadline);

        await daemon.StopAsync();
        await daemon.StartAsync();
        while (!reading.IsCompletedSuccessfully)
        {
            await System.Threading.Tasks.Task.WhenAny(reading).WaitAsync(Deadline);
            if (reading.IsFaulted)
                reading = execution.ReadOutputAsync(spool, CancellationToken.None); // As an agent does when the engine does not answer.
        }

        Assert.Equal(4, (await execution.Ended.WaitAsync(Deadline)).ExitCode);
        var lines = spool.Read(1, 1000);
        Assert.Equal(Enumerable.Range(1, 60).Select(static i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)), Of(lines, "out"));
        Assert.Equal(Enumerable.Range(1, 60).Select(static i => $"e{i}"), Of(lines, "err"));
    }

    [Fact]
    public async Task A_log_that_is_read_in_many_pieces_is_whole()
    {
        const int Lines = 3000;
        var spec = Task("python3", "-c", $"import sys,time\nfor i in range({Lines}):\n (sys.stdout if i % 2 else sys.stderr).write(f'{{i}}\\n'); sys.stdout.flush(); sys.stderr.flush()\n if i % 100 == 0: time.sleep(0.1)");
        spec = spec with { Command = [.. spec.Command.Select(static w => w.Replace("{{i}}", "{i}", StringComparison.Ordinal))] };
        var execution = await StartAsync(spec);
        var random = new Random();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var spool = Spool(spec);
        for (var reading = System.Threading.Tasks.Task.CompletedTask; !execution.Ended.IsCompleted;)
        {
            using var cut = new CancellationTokenSource();
            reading = execution.ReadOutputAsync(spool, cut.Token);
            for (var i = random.Next(1, 5); i > 0; i--)
                await timer.WaitForNextTickAsync();
            await cut.CancelAsync();
            await System.Threading.Tasks.Task.WhenAny(reading).WaitAsync(Deadline);
        }

        var lines = await LinesAsync(spec, execution, spool);

        Assert.Equal(Enumerable.Range(0, Lines).Where(static i => i % 2 == 1).Select(static i => $"{i}"), Of(lines, "out"));
        Assert.Equal(Enumerable.Range(0, Lines).Where(static i => i % 2 == 0).Select(static i => $"{i}"), Of(lines, "err"));
    }

    [Fact]
    public async Task A_container_that_was_made_and_never_started_is_no_attempt()
    {
        var spec = Shell("echo ran");
        await NewExecutor().PrepareAsync(Place(spec), spec, new Progress<string>(), CancellationToken.None);
        using var engine = Engine();
        var body = ContainerSpec.Of(Place(spec), spec, new DockerImage("", []), new DockerExecutorOptions());
        await engine.AskAsync(HttpMethod.Post, $"/containers/create?name={ContainerSpec.NameOf(spec)}", body, CancellationToken.None);

        Assert.Null(await AdoptAsync(spec));
        var (_, stdout, _) = await RunAsync(spec);

        Assert.Equal(["ran"], stdout);
    }

    [Fact]
    public async Task An_engine_that_is_not_there_is_said_when_somebody_wants_it()
    {
        using var folder = new TempDirectory();
        using var wanted = new DockerExecutor(new DockerExecutorOptions { Socket = folder.File("none.sock"), IsWanted = true }, TimeProvider.System);
        using var unwanted = new DockerExecutor(new DockerExecutorOptions { Socket = folder.File("none.sock"), IsWanted = false }, TimeProvider.System);

        var check = await wanted.CheckAsync(CancellationToken.None).WaitAsync(Deadline);
        Assert.False(check.Works);
        Assert.Contains("none.sock", Assert.Single(check.Warnings), StringComparison.Ordinal);
        Assert.Empty((await unwanted.CheckAsync(CancellationToken.None).WaitAsync(Deadline)).Warnings);
    }

    private sealed class Told(List<string> lines) : IProgress<string>
    {
        public void Report(string value) => lines.Add(value);
    }

    private DockerEngine Engine()
    {
        Assert.SkipWhen(daemon.Lack is not null, daemon.Lack ?? "");
        return new(daemon.Socket, Deadline, TimeProvider.System);
    }
}
