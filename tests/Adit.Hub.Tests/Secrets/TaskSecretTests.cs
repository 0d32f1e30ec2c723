using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Storage;
using Adit.Hub.Tests.Access;
using Adit.Hub.Tests.Tasks;
using Adit.Hub.Tests.Tunnels;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tests.Secrets;

/// <summary>Secrets on their way from a template to a runner: checked at the start, told to the runner alone, kept nowhere.</summary>
public sealed class TaskSecretTests
{
    private const string Value = "v3ry-s3cret";
    private const string OfHub = "  env: {DB_URL: {secret: db-url}, PLAIN: x}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task The_runner_is_told_the_value_and_nothing_else_ever_has_it()
    {
        var log = new EveryLogLine();
        await using var hub = await TaskHub.StartAsync(logging: logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        using var set = await SecretEndpointTests.SetAsync(hub.Hub, null, "db-url", Value);
        await hub.TemplateAsync("db", OfHub);

        var task = await hub.LaunchAsync("demo", "db");
        await hub.Runner.WantedAsync(task.Id);

        var told = hub.Runner.Desired(task.Id)!.Spec;
        Assert.Equal(Value, told.SecretValues!["DB_URL"]);
        Assert.Equal(new SecretReference("db-url"), told.Secrets!["DB_URL"]);
        Assert.False(told.Environment.ContainsKey("DB_URL"));
        await hub.Runner.ReportAsync(task.Id, TaskState.Ready);
        using var api = hub.Hub.Api();
        foreach (var path in new[] { $"tasks/{task.Id}", "tasks", $"tasks/{task.Id}/logs", "templates/db", "audit", "runners", "secrets" })
            Assert.DoesNotContain(Value, await api.GetStringAsync("/api/v1/" + path, Ct), StringComparison.Ordinal);
        var data = hub.Service<DataDirectory>().Path;
        Assert.DoesNotContain(
            Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories), static f => Path.GetFileName(f) != "lock" && File.ReadAllText(f).Contains(Value, StringComparison.Ordinal));
        Assert.Contains("adit_secret_values_total 1", await api.GetStringAsync("/metrics", Ct), StringComparison.Ordinal);

        await hub.PostAsync($"{task.Id}/stop");
        await hub.Runner.WantedAsync(task.Id, run: false);
        Assert.Null(hub.Runner.Desired(task.Id)!.Spec.SecretValues); // What runs has it.
        Assert.Contains(log.Lines, static l => l.Contains("/api/v1/secrets/db-url", StringComparison.Ordinal)); // It logs what it is asked, at this level.
        Assert.DoesNotContain(log.Lines, static l => l.Contains(Value, StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_secret_that_is_not_there_is_said_at_the_start_and_in_a_dry_run()
    {
        await using var hub = await TaskHub.StartAsync();
        await hub.TemplateAsync("db", OfHub);
        const string Sentence = "The template 'db' needs the secret 'db-url' of the hub, and there is none; an admin sets it with 'adit secret set db-url'.";

        using var answer = await hub.TryRunAsync("demo", template: "db");
        Assert.Equal((HttpStatusCode.BadRequest, Sentence), (answer.StatusCode, (await TaskCalls.ProblemAsync(answer)).Detail));
        Assert.Equal((false, Sentence), await DryRunAsync(hub, hub.Ann.Secret!, "db", null));
        using var set = await SecretEndpointTests.SetAsync(hub.Hub, null, "db-url", Value);
        Assert.Equal((true, null), await DryRunAsync(hub, hub.Ann.Secret!, "db", null));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_projects_secret_is_the_one_of_the_tasks_project_and_its_members_alone_use_it()
    {
        await using var hub = await TaskHub.StartAsync();
        var eve = await hub.Hub.PersonAsync("eve");
        using var made = await hub.Hub.CreateProjectAsync(hub.Ann.Secret!, "churn", ProjectVisibility.Internal);
        Assert.True(made.IsSuccessStatusCode);
        using var ofHub = await SecretEndpointTests.SetAsync(hub.Hub, null, "key", "the hub's");
        await hub.TemplateAsync("db", "  env: {KEY: {secret: key, of: project}}");

        Assert.Equal("The template 'db' needs the secret 'key' of a project; say which project the task is in.", await RefusalAsync(hub, null, null));
        Assert.Equal(
            "The template 'db' needs the secret 'key' of the project 'churn', and there is none; a maintainer of the project sets it with 'adit secret set key --project churn'.",
            await RefusalAsync(hub, null, "churn"));
        using var set = await SecretEndpointTests.SetAsync(hub.Hub, hub.Ann.Secret, "key", "the project's", "churn");
        Assert.True(set.IsSuccessStatusCode);
        Assert.Contains("Only members of the project 'churn'", await RefusalAsync(hub, eve, "churn"), StringComparison.Ordinal);
        Assert.Equal((false, "You may not use secrets of the project 'churn': only its members do."), await DryRunAsync(hub, eve, "db", "churn"));

        using var started = await hub.TryRunAsync("demo", template: "db", project: "churn");
        var task = (await started.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, Ct))!;
        await hub.Runner.WantedAsync(task.Id);
        Assert.Equal("the project's", hub.Runner.Desired(task.Id)!.Spec.SecretValues!["KEY"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_changed_secret_is_for_the_next_start_and_one_that_was_removed_refuses_it()
    {
        await using var hub = await TaskHub.StartAsync();
        using var set = await SecretEndpointTests.SetAsync(hub.Hub, null, "db-url", "one");
        await hub.TemplateAsync("db", OfHub);
        var task = await hub.ReadyAsync("demo", "db");
        using var changed = await SecretEndpointTests.SetAsync(hub.Hub, null, "db-url", "two");

        await hub.PostAsync($"{task.Id}/restart");
        await hub.Runner.WantedAsync(task.Id, run: false);
        await hub.EndAsync(task);
        await hub.Runner.WantedAsync(task.Id, attempt: 2);
        Assert.Equal("two", hub.Runner.Desired(task.Id)!.Spec.SecretValues!["DB_URL"]);
        await hub.Runner.ReportAsync(task.Id, TaskState.Ready);

        Assert.Equal(HttpStatusCode.NoContent, await hub.Hub.StatusAsync(null, HttpMethod.Delete, "secrets/db-url"));
        var (status, body) = await hub.PostAsync($"{task.Id}/restart");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("needs the secret 'db-url' of the hub, and there is none", body, StringComparison.Ordinal);
        Assert.True((await hub.ShowAsync(task.Id)).IsWanted); // What runs has it.
        Assert.DoesNotContain(hub.Runner.Said.SelectMany(static s => s.Items), static i => i.Spec.Attempt == 3 && i.Run);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_runner_that_does_not_know_secrets_gets_no_task_with_any()
    {
        await using var hub = await TestHub.StartAsync();
        await using var old = await FakeRunner.StartAsync(hub, name: "old", isOld: true);
        using var set = await SecretEndpointTests.SetAsync(hub, null, "db-url", Value);
        using var made = await SecretEndpointTests.SetAsync(hub, null, "login", "user:pass:word\n");
        await PublishAsync(hub, null, "db", "source: {command: [serve]}\n  env: {DB_URL: {secret: db-url}}");

        using var answer = await StartAsync(hub, "db");

        Assert.Equal(
            "No runner could ever take it (0.5 cores, 512 MiB of memory): old: its version, 0.1.0, knows nothing of secrets; upgrade it.", (await TaskCalls.ProblemAsync(answer)).Detail);
        await using var young = await FakeRunner.StartAsync(hub, name: "young");
        using var started = await StartAsync(hub, "db");
        Assert.Equal(HttpStatusCode.Created, started.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_publishes_a_template_with_secrets_needs_the_right_to_them()
    {
        await using var hub = await TestHub.StartAsync();
        var writer = await AdminAsync(hub, "templates:write");
        const string Command = "source: {command: [serve]}\n  ";

        Assert.Equal(HttpStatusCode.OK, await PublishAsync(hub, writer, "plain", Command + "env: {A: b, secret: c}"));
        Assert.Equal(HttpStatusCode.Forbidden, await PublishAsync(hub, writer, "db", Command + "env: {A: {secret: key}}"));
        Assert.Equal(HttpStatusCode.Forbidden, await PublishAsync(hub, writer, "image", "source: {image: {ref: a, credentialsSecret: login}}"));
        Assert.Equal(HttpStatusCode.Forbidden, await PublishAsync(
            hub, writer, "choice", Command + "parameters: [{name: p, type: choice, choices: [{value: a}, {value: b, override: {env: {A: {secret: key, of: project}}}}]}]"));
        Assert.Equal(HttpStatusCode.OK, await PublishAsync(hub, await AdminAsync(hub, "templates:write", "secrets:write"), "db", Command + "env: {A: {secret: key}}"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_may_not_use_a_template_any_more_does_not_get_its_new_secrets_by_a_restart()
    {
        await using var hub = await TaskHub.StartAsync();
        using var set = await SecretEndpointTests.SetAsync(hub.Hub, null, "db-url", Value);
        await hub.TemplateAsync("db", OfHub);
        var task = await hub.ReadyAsync("demo", "db");
        await hub.TemplateAsync("db", OfHub, visibility: "{users: [eve]}");
        using var rotated = await SecretEndpointTests.SetAsync(hub.Hub, null, "db-url", "a new one");

        var (status, body) = await hub.PostAsync($"{task.Id}/restart");
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("It has secrets of the template 'db', which you may not use any more", body, StringComparison.Ordinal);
        Assert.Equal((TaskState.Ready, true), ((await hub.ShowAsync(task.Id)).State, (await hub.ShowAsync(task.Id)).IsWanted));
    }

    [Theory]
    [InlineData("env: {A: {secret: \"{{param.p}}\"}}", "is not a secret's name")]
    [InlineData("env: {A: {secret: Key}}", "is not a secret's name")]
    [InlineData("env: {A: {of: project}}", "lacks 'secret'")]
    [InlineData("env: {A: {secret: key, of: user}}", "'user' is not hub or project")]
    [InlineData("env: {A: {secret: key, value: x}}", "unknown key 'value'")]
    [InlineData("env: {A: [key]}", "a list is here instead of a value, or {secret: NAME}")]
    public void What_is_no_reference_to_a_secret_is_a_mistake(string env, string sentence)
    {
        var problems = new Adit.Hub.Templates.Documents.TemplateProblems();
        var template = Adit.Hub.Templates.Documents.TemplateReader.Read(Yaml("demo", $"source: {{command: [serve]}}\n  {env}\n  parameters: [{{name: p, type: string, default: key}}]"), problems);
        Assert.Null(template);
        Assert.Contains(problems.ToList(), p => p.Sentence.Contains(sentence, StringComparison.Ordinal));
    }

    private static string Yaml(string slug, string spec) => $"apiVersion: adit/v1\nkind: Template\nmetadata:\n  slug: {slug}\n  name: {slug}\nspec:\n  type: session\n  {spec}\n";

    private static async Task<HttpStatusCode> PublishAsync(TestHub hub, string? token, string slug, string spec)
    {
        using var draft = await hub.SendAsync(
            token, HttpMethod.Put, $"templates/{slug}/draft", JsonContent.Create(new PutTemplateDraftRequest { Yaml = Yaml(slug, spec) }, TemplatesJson.Default.PutTemplateDraftRequest));
        Assert.True(draft.IsSuccessStatusCode, await draft.Content.ReadAsStringAsync(Ct));
        using var none = new StringContent("{}", null, "application/json");
        return await hub.StatusAsync(token, HttpMethod.Post, $"templates/{slug}/publish", none);
    }

    private static async Task<string> AdminAsync(TestHub hub, params string[] scopes)
    {
        using var answer = await hub.SendAsync(null, HttpMethod.Post, "tokens", JsonContent.Create(
            new CreateTokenRequest { Name = "narrow", IsAdmin = true, Scopes = scopes }, TokensJson.Default.CreateTokenRequest));
        return (await answer.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken, Ct))!.Secret!;
    }

    private static Task<HttpResponseMessage> StartAsync(TestHub hub, string template) => hub.SendAsync(
        null, HttpMethod.Post, "tasks", JsonContent.Create(new CreateTaskRequest { Template = template }, TasksJson.Default.CreateTaskRequest));

    private static async Task<string?> RefusalAsync(TaskHub hub, string? token, string? project)
    {
        using var answer = await hub.TryRunAsync("demo", token: token, project: project, template: "db");
        Assert.False(answer.IsSuccessStatusCode);
        return (await TaskCalls.ProblemAsync(answer)).Detail;
    }

    private static async Task<(bool IsValid, string? Refusal)> DryRunAsync(TaskHub hub, string token, string template, string? project)
    {
        using var answer = await hub.Hub.SendAsync(token, HttpMethod.Post, $"templates/{template}/test", JsonContent.Create(
            new TestTemplateRequest { Request = new CreateTaskRequest { Template = template, Project = project } }, TemplatesJson.Default.TestTemplateRequest));
        Assert.DoesNotContain(Value, await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        var test = (await answer.Content.ReadFromJsonAsync(TemplatesJson.Default.TemplateTest, Ct))!;
        return (test.IsValid, test.Refusal);
    }

    // Of every level, with what exceptions say.
    private sealed class EveryLogLine : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception) + exception);

        public void Dispose()
        {
        }
    }
}
