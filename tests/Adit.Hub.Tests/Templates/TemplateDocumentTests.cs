using System.Text;
using Adit.Api;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Templates;
using Adit.Hub.Templates.Documents;
using FsCheck;
using FsCheck.Fluent;
using static Adit.Hub.Tests.Templates.Documents;

namespace Adit.Hub.Tests.Templates;

/// <summary>What a document says, and that every mistake in it is told with its place.</summary>
public sealed class TemplateDocumentTests
{
    // The head of a document has six lines, so what is given begins on line 7.
    public static TheoryData<string, string> Mistakes => new()
    {
        { "  type: session\n  source: {comand: [a]}\n", "8:12: unknown key 'comand' in spec.source; did you mean 'command'?" },
        { "  type: session\n  source: {command: [a]}\n  zzzzzzzzzz: 1\n", "9:3: unknown key 'zzzzzzzzzz' in spec; known are type, source, env, openEnv, files, home, workspace, parameters, resources, placement, ports, auth, idle, start, stop, cost, maxPerUser" },
        { "  source: {command: [a]}\n", "7:3: spec lacks 'type'" },
        { "  type: app\n  source: {command: [a]}\n", "7:9: spec.type: 'app' is not there yet; session or job is" },
        { "  type: workspace\n  source: {command: [a]}\n", "7:9: spec.type: 'workspace' is not session or job" },
        { "  type: session\n  source: {}\n", "8:11: spec.source: nothing runs; it needs a command, an image, or openCommand: true" },
        { "  type: session\n  source: {command: sleep inf}\n", "8:21: spec.source.command: 'sleep inf' is not a list" },
        { "  type: session\n  source: {command: []}\n", "8:21: spec.source.command: it has 0 items; 1 to 100 are taken" },
        { "  type: session\n  source: {command: [{a: b}]}\n", "8:22: spec.source.command[0]: keys with values is here instead of text or a number or true or false" },
        { "  type: session\n  source: {command: [a]}\n  idle: {timeout: 5 minutes}\n", "9:19: spec.idle.timeout: '5 minutes' is not a span of time such as 90s, 30m or 12h, or never" },
        { "  type: session\n  source: {command: [a]}\n  idle: {timeout: }\n", "9:19: spec.idle.timeout: nothing is here instead of a span of time such as 90s, 30m or 12h, or never; leave the key out to say nothing" },
        { "  type: session\n  source: {command: [a]}\n  idle: {timeout: 10m, warn: 10m}\n", "9:30: spec.idle.warn: it would warn before there is anything to warn of; it is shorter than the timeout" },
        { "  type: session\n  source: {command: [a]}\n  idle: {ladder: [{after: 1h, action: freeze}, {after: 1h, action: stop}]}\n", "9:48: spec.idle.ladder: each step comes later than the one before it" },
        { "  type: session\n  source: {command: [a]}\n  idle: {ladder: [{after: 1h, action: stop}, {after: 2h, action: freeze}]}\n", "9:46: spec.idle.ladder: nothing follows on a stop" },
        { "  type: session\n  source: {command: [a]}\n  idle: {timeout: 1h, ladder: [{after: 1h, action: stop}]}\n", "9:19: spec.idle: the ladder stands in place of timeout and action; leave these out" },
        { "  type: session\n  source: {command: [a]}\n  idle: {wsIgnore: ['(a)\\1']}\n", "9:21: spec.idle.wsIgnore: '(a)\\1' is no regular expression that is taken: backreferences and look-around are not taken" },
        { "  type: session\n  source: {command: [a]}\n  resources: {memory: 4 GiB?}\n", "9:23: spec.resources.memory: '4 GiB?' is not a size such as 512Mi or 4Gi" },
        { "  type: session\n  source: {command: [a]}\n  resources: {cpu: {request: 2, limit: 1}}\n", "9:40: spec.resources: the limit is less than the request" },
        { "  type: session\n  source: {command: [a]}\n  resources: {cpu: 0}\n", "9:20: spec.resources.cpu: 0 is not 0.01 to 1024" },
        { "  type: session\n  source: {command: [a]}\n  resources: {gpu: {count: 2, max: 1}}\n", "9:36: spec.resources.gpu: max is less than count, which is 2" },
        { "  type: session\n  source: {command: [a]}\n  ports: [{name: main}, {name: main}]\n", "9:32: spec.ports: there are two ports 'main'" },
        { "  type: session\n  source: {command: [a]}\n  ports: [{name: Main}]\n", "9:18: spec.ports[0].name: 'Main' is not a port's name: a letter a-z, then up to 11 of a-z and 0-9" },
        { "  type: session\n  source: {command: [a]}\n  ports: [{name: db, type: tcp, health: {path: /}}]\n", "9:41: spec.ports: 'db' is tcp, and health, headers, hostHeader, crossSite and limits are for http" },
        { "  type: session\n  source: {command: [a]}\n  ports: [{name: a, health: {path: api}}]\n", "9:36: spec.ports[0].health.path: 'api' is not a path that begins with /" },
        { "  type: session\n  source: {command: [a]}\n  ports: [{name: a, headers: {request: {set: {Connection: close}}}}]\n", "9:11: spec.ports: a: " },
        { "  type: session\n  source: {command: [a]}\n  auth: {access: everybody}\n", "9:18: spec.auth.access: 'everybody' is nobody; say owner, project, signed-in, public, group:NAME or user:NAME" },
        { "  type: session\n  source: {command: [a]}\n  auth: {access: public, maxShare: project}\n", "9:18: spec.auth.access: 'public' is more than maxShare allows, 'project'" },
        { "  type: session\n  source: {command: [a]}\n  env: {1A: b}\n", "9:9: spec.env.1A: '1A' is not a variable's name: letters, digits and _" },
        { "  type: session\n  source: {command: [a]}\n  env: {ADIT_TOKEN: b}\n", "9:9: spec.env: ADIT_TOKEN is Adit's own; choose another name" },
        { "  type: session\n  source: {command: [a]}\n  files: {a/../../b: x}\n", "9:11: spec.files: 'a/../../b' is not a path below the home directory" },
        { "  type: session\n  source: {command: [a]}\n  files: {/etc/passwd: x}\n", "9:11: spec.files./etc/passwd: '/etc/passwd' is not a path below the home directory" },
        { "  type: session\n  source: {image: {ref: a, mounts: [{source: data, target: /data}]}}\n", "8:46: spec.source.image.mounts: 'data' is not a full path; it begins with /" },
        { "  type: session\n  source: {command: ['{{prot}}']}\n  ports: [{name: a}]\n", "8:22: {{prot}} is unknown; there are {{name}}, {{owner}}, {{user}}, {{project}}, {{origin}}, {{host}}, {{hostname}}, {{basePath}}, {{port}}, {{port.a}}, {{home}}" },
        { "  type: session\n  source: {command: ['{{port}}']}\n", "8:22: {{port}} is unknown; there are {{name}}, {{owner}}, {{user}}, {{project}}, {{origin}}, {{host}}, {{hostname}}, {{basePath}}, {{home}}" },
        { "  type: session\n  source: {command: ['{{port.b}}']}\n  ports: [{name: a}]\n", "8:22: {{port.b}} is unknown; " },
        { "  type: session\n  source: {command: ['{{name']}\n", "8:22: '{{name' is not closed by }}; write {{{{ for two braces that are meant" },
        { "  type: session\n  source: {image: {ref: 'a:{{port}}'}}\n  ports: [{name: a}]\n", "8:25: {{port}} is known in commands, environment, files and working directories only" },
        { "  type: session\n  source: {command: ['{{value}}']}\n", "8:22: {{value}} is unknown; " },
        { "  type: session\n  source: {command: ['{{param.a}}']}\n", "8:22: {{param.a}} is unknown; " },
        { "  type: session\n  source: {command: [a]}\n  parameters: [{name: a, type: string, default: b, pattern: '('}]\n", "9:61: spec.parameters: a: '(' is no regular expression that is taken: " },
        { "  type: session\n  source: {command: [a]}\n  parameters: [{name: a, type: string, default: b, pattern: 'c'}]\n", "9:49: spec.parameters: a: 'b' cannot be the default; it has to match c" },
        { "  type: session\n  source: {command: [a]}\n  parameters: [{name: a, type: number, default: 3, max: 2}]\n", "9:49: spec.parameters: a: '3' cannot be the default; it is a number, 2 or less" },
        { "  type: session\n  source: {command: [a]}\n  parameters: [{name: a, type: number, min: 3, max: 2}]\n", "9:23: spec.parameters: a: the least is more than the most" },
        { "  type: session\n  source: {command: [a]}\n  parameters: [{name: a, type: choice}]\n", "9:16: spec.parameters: a: a choice lacks 'choices'" },
        { "  type: session\n  source: {command: [a]}\n  parameters: [{name: a, type: choice, choices: [{value: x}, {value: x}]}]\n", "9:70: spec.parameters: a: there are two choices 'x'" },
        { "  type: session\n  source: {command: [a]}\n  parameters: [{name: a, type: choice, choices: [{value: x, redirectTo: y}, {value: z}]}]\n", "9:58: spec.parameters: a: redirectTo: there is no choice 'y' that is offered" },
        { "  type: session\n  source: {command: [a]}\n  parameters: [{name: a, type: choice, default: y, choices: [{value: x}]}]\n", "9:49: spec.parameters: a: 'y' cannot be the default; it is one of x" },
        { "  type: session\n  source: {command: [a]}\n  parameters: [{name: a, type: boolean, max: 3}]\n", "9:41: spec.parameters: a: 'max' is for the type number, and this is a boolean" },
        { "  type: session\n  source: {command: [a]}\n  parameters: [{name: a, type: string}, {name: a, type: string}]\n", "9:48: spec.parameters: there are two parameters 'a'" },
        { "  type: session\n  source: {command: [a]}\n  parameters: [{name: a, type: string, override: {resources: {memory: '{{value}}'}}}]\n", "9:23: spec.parameters: a: it needs a default, because what it overrides cannot be checked without a value" },
        { "  type: session\n  source: {command: [a]}\n  parameters: [{name: a, type: number, default: 1, max: 4000, override: {resources: {cpu: '{{value}}'}}}]\n", "9:91: spec.resources.cpu: 4000 is not 0.01 to 1024" },
        { "  type: session\n  source: {command: [a]}\n  parameters: [{name: a, type: choice, choices: [{value: x}, {value: y, override: {resources: {cpu: {limit: 0.1}}}}]}]\n  resources: {cpu: {request: 1}}\n", "9:109: spec.resources: the limit is less than the request" },
        { "  type: session\n  source: {command: [a]}\n  parameters: [{name: a, type: string, override: {ports: []}}]\n", "9:51: unknown key 'ports' in spec.parameters[0].override; known are source, env, files, home, workspace, resources, placement, idle, start, stop" },
        { "  type: session\n  source: {command: [a]}\n  start: {timeout: 90d}\n", "9:20: '90d' is too long; at most 24 hours are taken" },
        { "  type: session\n  source: {command: [a]}\n  cost: {cpuHour: -1}\n", "9:19: spec.cost.cpuHour: -1 is not 0 to 1000000" },
        { "  type: session\n  source: {command: [a]}\n  env: {A: 1}\n  env: {A: 2}\n", "10:3: the key 'env' is here twice; the first is on line 9" },
        { "  type: session\n  source: {command: [&x a, *x]}\n", "8:22: anchors (&name) are not taken; leave it out" },
        { "  type: session\n  source: {command: [*x]}\n", "8:22: aliases (*name) are not taken; write the value again" },
        { "  type: session\n  source: {command: [!!binary aGk=]}\n", "8:22: tags (!name) are not taken; leave it out" },
        { "  type: session\n  source: {command: [a]}\n---\na: b\n", "9:1: there is a second document; a file holds one template" },
        { "  type: session\n  source: {command: [a\n", "this is not YAML" },
        { "  type: session\n\tsource: {}\n", "7:9: this is not YAML: " },
        { "  type: session\n  source: {command: [\"a\\0b\"]}\n", "8:22: a value holds a null character" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_told_with_its_place_and_what_is_allowed(string spec, string expected)
    {
        var problems = Problems(Head + spec);
        Assert.True(problems.Any(p => expected[0] is >= '0' and <= '9' ? p.StartsWith(expected, StringComparison.Ordinal) : p.Contains(expected, StringComparison.Ordinal)), string.Join('\n', problems));
    }

    [Theory]
    [InlineData("", "1:1: the document is empty; it begins with 'apiVersion: adit/v1'")]
    [InlineData("# nothing\n", "1:1: the document is empty; it begins with 'apiVersion: adit/v1'")]
    [InlineData("hello", "1:1: the document: 'hello' is not keys with values")]
    [InlineData("apiVersion: adit/v2\nkind: Template\nmetadata: {slug: a, name: A}\nspec: {type: job, source: {openCommand: true}}\n", "1:13: apiVersion: 'adit/v2' is not adit/v1")]
    [InlineData("apiVersion: adit/v1\nkind: Template\nmetadata: {slug: A, name: 7}\nspec: {type: job, source: {openCommand: true}}\n", "3:18: metadata.slug: 'A' is not a slug: 1 to 30 of a-z, 0-9 and hyphens inside", "3:27: metadata.name: 7 is a whole number; write it in quotes")]
    [InlineData("[a, b]", "1:1: the document: a list is here instead of keys with values")]
    [InlineData("? [a]\n: b\n", "1:3: a key has to be a word")]
    public void What_is_no_template_at_all_is_told_too(string yaml, params string[] expected) => Assert.Equal(expected, Problems(yaml));

    [Fact]
    public void All_mistakes_are_told_at_once_in_the_order_of_the_document()
    {
        var problems = Problems(Head + "  type: sesion\n  source: {command: [a]}\n  home: mine\n  idle: {warn: soon}\n");
        Assert.Equal(["7:9: ", "9:9: ", "10:16: "], problems.Select(static p => p[..(p.IndexOf(": ", StringComparison.Ordinal) + 2)]));
    }

    [Fact]
    public void Defaults_are_those_of_the_reference()
    {
        var body = Read(Least).Body;
        Assert.Equal((TaskKind.Session, HomeOwner.Task, TunnelAccess.Owner, AccessLevel.Public), (body.Kind, body.Home, body.Access, body.MaxShare));
        Assert.Equal((new TaskResources { Cpu = 0.5, MemoryBytes = 512L << 20, Gpus = 0 }, new TaskResources { Gpus = 0 }), (body.Resources.Requests, body.Resources.Limits));
        Assert.Equal([new IdleStep(TimeSpan.FromHours(1), IdleAction.Stop)], body.Idle.Steps);
        Assert.Equal((10, 10, 30, 24 * 60, 7 * 24 * 60), (
            body.Idle.Warn.TotalMinutes, body.Idle.MinUptime.TotalMinutes, body.Idle.WebSocketPassiveMax.TotalMinutes, body.Idle.BusyMax.TotalMinutes, body.Idle.MaxAge!.Value.TotalMinutes));
        Assert.Equal((true, true, false, 0.05, 0.05, 5), (
            body.Idle.Requests, body.Idle.WebSocket, body.Idle.JupyterKernels, body.Idle.ComputeCpu, body.Idle.ComputeGpu, body.Idle.ComputeWindow.TotalMinutes));
        Assert.Equal((12, 48), (body.Idle.LeaseMaxTtl.TotalHours, body.Idle.LeaseMaxPerDay.TotalHours));
        Assert.Equal((120, 30, 0, 10), (body.Start.Timeout.TotalSeconds, body.Start.Hold.TotalSeconds, body.Start.Retries, body.StopGrace.TotalSeconds));
        Assert.Equal((null, null, false), (body.Rates, body.MaxPerUser, body.OpenEnvironment));
    }

    [Theory]
    [InlineData("{timeout: 5m}", 60, 300)]
    [InlineData("{timeout: 20s}", 4, 20)]
    [InlineData("{timeout: 90m}", 600, 600)]
    [InlineData("{timeout: never, maxAge: 10m}", 120, 0)]
    [InlineData("{timeout: never, maxAge: never, warn: 5m}", 0, 0)]
    public void A_short_timeout_warns_and_begins_sooner(string idle, int warnSeconds, int minUptimeSeconds)
    {
        var policy = Read(With($"  idle: {idle}\n")).Body.Idle;
        Assert.Equal((warnSeconds, minUptimeSeconds), (policy.Warn.TotalSeconds, policy.MinUptime.TotalSeconds));
    }

    [Theory]
    [InlineData("cpu: 2", 2.0, 2.0, 2.0)]
    [InlineData("cpu: {limit: 2}", 2.0, 2.0, 2.0)]
    [InlineData("cpu: {request: 0.25, limit: 2}", 0.25, 2.0, 2.0)]
    [InlineData("cpu: {request: 1}", 1.0, null, null)]
    [InlineData("cpu: {request: 1, max: 8}", 1.0, null, 8.0)]
    [InlineData("cpu: {max: 8}", 0.5, null, 8.0)]
    [InlineData("cpu: {max: 0.1}", 0.1, null, 0.1)]
    [InlineData("cpu: {request: 0.5, limit: 2, max: 8}", 0.5, 2.0, 8.0)]
    public void Request_limit_and_max_follow_from_each_other(string resources, double? request, double? limit, double? most)
    {
        var body = Read(With($"  resources: {{{resources}}}\n")).Body.Resources;
        Assert.Equal((request, limit, most), (body.Requests.Cpu, body.Limits.Cpu, body.Most.Cpu));
    }

    [Fact]
    public void Everything_that_a_document_says_is_read()
    {
        var template = Read(Full);
        var body = template.Body;
        Assert.Equal(("full", "All of it", true), (template.Slug, template.Name, template.IsHidden));
        Assert.Equal("The template 'full' is deprecated. Too old. Use 'other'.", template.Deprecated);
        Assert.Equal("the groups ds, ml and the user ann", template.VisibleTo!.ToString());
        Assert.Equal(new ImageSpec { Reference = "registry/x:1", Pull = "always", CredentialsSecret = "registry" }, body.Source.Image);
        Assert.Equal([new MountSpec("/srv/data", "/data", true)], body.Source.Mounts);
        Assert.Equal((true, "/tmp", "nobody", true, HomeOwner.Project), (body.Source.IsPrivileged, body.Source.WorkingDirectory, body.Source.User, body.Source.OpenCommand, body.Home));
        Assert.Equal("3.10", body.Environment["VERSION"]);
        Assert.Equal(new SecretReference("key", OfProject: true), Assert.Single(body.Secrets).Value);
        Assert.Equal((false, "registry", true), (body.Environment.ContainsKey("KEY"), body.Source.Image!.CredentialsSecret, template.UsesSecrets));
        Assert.Equal(["a", "b"], body.Placement.Require["zone"]);
        Assert.Equal([new PreferredLabel("disk", "nvme", 10)], body.Placement.Prefer);
        Assert.Equal([new Taint("gpu"), new Taint("team", "x")], body.Placement.Tolerate);
        var (port, options) = body.Ports[0];
        Assert.Equal(("main", 8888, true, "/api"), (port.Name, port.Port, port.IsHttp, port.HealthPath));
        Assert.Equal([200, 302], port.HealthStatus);
        Assert.Equal("https://example--you.hub.example.com", options!.RequestHeaders!["X-Origin"]);
        Assert.Equal(["X-Frame-Options"], options.RemoveResponseHeaders);
        Assert.Equal(("upstream", true, 1L << 30, 3600), (options.HostHeader, options.CrossSite, options.MaxRequestBytes, options.ResponseTimeoutSeconds));
        Assert.Equal((false, 5432), (body.Ports[1].Spec.IsHttp, body.Ports[1].Spec.Port));
        Assert.Equal(("project", AccessLevel.SignedIn, 3), (body.Access, body.MaxShare, body.MaxPerUser));
        Assert.Equal([new IdleStep(TimeSpan.FromMinutes(15), IdleAction.Freeze), new IdleStep(TimeSpan.FromHours(2), IdleAction.Stop)], body.Idle.Steps);
        Assert.Equal((false, false, true, 0.1, null), (body.Idle.Requests, body.Idle.WebSocket, body.Idle.JupyterKernels, body.Idle.ComputeCpu, body.Idle.MaxAge));
        Assert.Equal(new StartPolicy(TimeSpan.FromSeconds(90), TimeSpan.Zero, 3), body.Start);
        Assert.Equal(new TaskRates(0.04m, 0.005m, 2.5m, "EUR"), body.Rates);
        Assert.Equal(0.04m * 2 + 0.005m * 4, body.Rates!.PerHour(body.Resources.Requests));
    }

    [Fact]
    public void A_bomb_of_a_document_is_refused_at_once()
    {
        Assert.Equal(["1:1: the document is longer than 64 KiB"], Problems(new string('a', 65_537)));
        Assert.Equal(["1:1: the document is longer than 64 KiB"], Problems("a: " + new string('ä', 40_000)));
        Assert.Contains("is nested more than 20 deep", Assert.Single(Problems(new string('[', 60_000))));
        Assert.Contains("is nested more than 20 deep", Assert.Single(Problems(string.Concat(Enumerable.Range(0, 200).Select(static i => new string(' ', i) + "a:\n")))));
        Assert.Contains("has more than 5000 values", Assert.Single(Problems("a: [" + string.Concat(Enumerable.Repeat("b,", 20_000)) + "]")));
        Assert.True(Problems(Head + string.Concat(Enumerable.Range(0, 2000).Select(static i => $"  k{i}: 1\n"))).Length <= 100);
    }

    [Fact]
    public void No_document_whatever_makes_the_reader_fail()
    {
        var pieces = Gen.Elements(
            "a", ": ", "\n", "  ", "- ", "[", "]", "{", "}", ",", "\"", "'", "|", ">", "&a", "*a", "!!str ", "#", "---\n", "...\n", "%YAML 1.2\n", "? ", "\t", "\0", "\u0085", "\ufeff",
            "\ud800", "{{", "}}", "spec", "type", "session", "source", "command", "parameters", "name", "default", "override", "null", "~", "0x1", "1e999", ".inf", "<<", Head, Least);
        var documents = from list in pieces.ListOf() select string.Concat(list);
        Prop.ForAll(documents.ToArbitrary(), static yaml =>
        {
            var problems = new TemplateProblems();
            return TemplateReader.Read(yaml, problems) is null == problems.HasErrors && problems.ToList().All(static p => p is { Line: >= 1, Column: >= 1 } && !p.Message.Any(char.IsControl));
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(60));
    }

    [Fact]
    public void A_mutated_document_is_read_or_refused_and_nothing_else()
    {
        var bytes = Encoding.ASCII.GetBytes(Full);
        var mutations = from at in Gen.Choose(0, bytes.Length - 1) from to in Gen.Choose(1, 126) from cut in Gen.Choose(0, 3) select (at, to, cut);
        Prop.ForAll(mutations.ToArbitrary(), m =>
        {
            var copy = bytes.ToList();
            copy[m.at] = (byte)m.to;
            if (m.cut > 0)
                copy.RemoveRange(m.at, Math.Min(m.cut, copy.Count - m.at));
            var problems = new TemplateProblems();
            return TemplateReader.Read(Encoding.ASCII.GetString([.. copy]), problems) is null == problems.HasErrors;
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(1000));
    }
}
