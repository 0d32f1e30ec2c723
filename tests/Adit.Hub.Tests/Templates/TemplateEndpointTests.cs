using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Templates;
using Adit.Hub.Tests.Access;
using Adit.Hub.Tests.Tunnels;
using Microsoft.Extensions.DependencyInjection;
using static Adit.Hub.Tests.Templates.Documents;

namespace Adit.Hub.Tests.Templates;

/// <summary>/api/v1/templates: drafts, versions, who may what, and that nothing is lost or doubled.</summary>
public sealed class TemplateEndpointTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_draft_is_nobodys_until_it_is_published_and_then_everybodys()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = await hub.PersonAsync("ann");
        var draft = await DraftAsync(hub, Least);
        Assert.Equal((null, true, Least), (draft.Version, draft.HasDraft, draft.Draft!.Yaml));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(ann, HttpMethod.Get, "templates/demo"));
        Assert.Equal("There is no template 'demo' that you may see.", Assert.Throws<TemplateRefusal>(() => Resolve(hub)).Message);

        var published = await PublishAsync(hub);
        Assert.Equal((1, false, "Demo"), (published.Version, published.HasDraft, published.Name));
        var seen = await GetAsync(hub, ann, "demo");
        Assert.Equal((1, null, null, 0), (seen.Version, seen.Yaml, seen.Draft, seen.May.Count));
        Assert.NotNull(seen.Form);
        Assert.Equal((1, "sleep"), (Resolve(hub).Version, Resolve(hub).Spec.Command[0]));
        Assert.Equal(["template.publish", "template.draft"], (await hub.AuditAsync("target=template:demo")).Select(static e => e.Action));
    }

    [Fact(Timeout = 60_000)]
    public async Task Versions_never_change_and_an_old_one_is_published_again_as_a_new_one()
    {
        await using var hub = await TestHub.StartAsync();
        foreach (var command in new[] { "one", "two", "three" })
        {
            await DraftAsync(hub, Least.Replace("sleep", command, StringComparison.Ordinal));
            await PublishAsync(hub);
        }

        Assert.Equal("three", Resolve(hub).Spec.Command[0]);
        Assert.Equal("one", Resolve(hub, "demo@1", Admin).Spec.Command[0]);
        Assert.Equal("three", Resolve(hub, "demo@3").Spec.Command[0]);
        Assert.Equal(
            "Only the published version of the template 'demo' is started; ask an admin to publish version 1 again.", Assert.Throws<TemplateRefusal>(() => Resolve(hub, "demo@1")).Message);
        var back = await PublishAsync(hub, new PublishTemplateRequest { Version = 1, Note = "three was wrong" });
        Assert.Equal((4, "one"), (back.Version, Resolve(hub).Spec.Command[0]));
        var versions = await VersionsAsync(hub);
        Assert.Equal([4, 3, 2, 1], versions.Select(static v => v.Version));
        Assert.Equal((true, 1, "three was wrong", "admin"), (versions[0].IsCurrent, versions[0].Of, versions[0].Note, versions[0].By));

        await hub.RestartAsync();
        Assert.Equal([4, 3, 2, 1], (await VersionsAsync(hub)).Select(static v => v.Version));
        Assert.Equal(("one", "two"), (Resolve(hub).Spec.Command[0], Resolve(hub, "demo@2", Admin).Spec.Command[0]));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_published_twice_without_a_change_is_one_version()
    {
        await using var hub = await TestHub.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            await DraftAsync(hub, Least);
            Assert.Equal(1, (await PublishAsync(hub)).Version);
        }

        using var nothing = await SendPublishAsync(hub);
        Assert.Equal(HttpStatusCode.BadRequest, nothing.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Of_many_who_publish_at_once_each_gets_a_version_of_its_own_or_is_told()
    {
        await using var hub = await TestHub.StartAsync();
        await DraftAsync(hub, Least);
        await PublishAsync(hub);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            using var put = await SendDraftAsync(hub, Least.Replace("inf", $"{i}", StringComparison.Ordinal));
            using var publish = await SendPublishAsync(hub, ifMatch: put.Headers.ETag!.Tag);
            return (publish.StatusCode, Version: publish.IsSuccessStatusCode ? (await ReadAsync(publish)).Version : null);
        }));
        Assert.All(answers, static a => Assert.True(a.StatusCode is HttpStatusCode.OK or HttpStatusCode.PreconditionFailed, $"{a.StatusCode}"));
        var made = answers.Where(static a => a.Version is not null).Select(static a => a.Version!.Value).Order().ToList();
        Assert.NotEmpty(made);
        Assert.Equal(Enumerable.Range(2, made.Count), made);
        Assert.Equal(made.Count + 1, (await VersionsAsync(hub)).Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_writes_over_a_change_that_it_has_not_read_is_told()
    {
        await using var hub = await TestHub.StartAsync();
        using var first = await SendDraftAsync(hub, Least);
        await DraftAsync(hub, Least + "  home: user\n");
        using var late = await SendDraftAsync(hub, Least, ifMatch: first.Headers.ETag!.Tag);
        Assert.Equal("changed", await TestHub.CodeAsync(late));
        using var publish = await SendPublishAsync(hub, ifMatch: first.Headers.ETag!.Tag);
        Assert.Equal("changed", await TestHub.CodeAsync(publish));
        using var remove = await hub.SendAsync(null, HttpMethod.Delete, "templates/demo", ifMatch: first.Headers.ETag!.Tag);
        Assert.Equal("changed", await TestHub.CodeAsync(remove));
        Assert.Equal(Least + "  home: user\n", (await GetAsync(hub, null, "demo")).Draft!.Yaml);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_draft_may_be_wrong_and_says_where_but_is_not_published()
    {
        await using var hub = await TestHub.StartAsync();
        var draft = await DraftAsync(hub, Least + "  hmoe: user\n");
        Assert.Equal((9, 3), draft.Draft!.Problems.Select(static p => (p.Line, p.Column)).Single());
        using var publish = await SendPublishAsync(hub);
        Assert.Equal("The template 'demo' cannot be published: line 9, column 3: unknown key 'hmoe' in spec; did you mean 'home'?", await DetailAsync(publish));
        await DraftAsync(hub, Least.Replace("slug: demo", "slug: other", StringComparison.Ordinal));
        using var other = await SendPublishAsync(hub);
        Assert.Contains("slug is 'other'", await DetailAsync(other), StringComparison.Ordinal);
        using var large = await SendDraftAsync(hub, new string('#', 70_000));
        Assert.Equal(HttpStatusCode.BadRequest, large.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_shipped_template_is_overridden_by_its_slug_and_comes_back_when_that_is_removed()
    {
        await using var hub = await TestHub.StartAsync();
        using (var shipped = await hub.SendAsync(null, HttpMethod.Delete, "templates/jupyter"))
            Assert.Equal("read-only", await TestHub.CodeAsync(shipped));
        Assert.Equal((0, true), ((await GetAsync(hub, null, "jupyter")).Version, (await GetAsync(hub, null, "jupyter")).IsShipped));
        await DraftAsync(hub, Least.Replace("slug: demo", "slug: jupyter", StringComparison.Ordinal), "jupyter");
        Assert.Equal("/usr/bin/python3", Resolve(hub, "jupyter").Spec.Command[0]);
        await PublishAsync(hub, slug: "jupyter");
        Assert.Equal(("sleep", "/usr/bin/python3"), (Resolve(hub, "jupyter").Spec.Command[0], Resolve(hub, "jupyter@0", Admin).Spec.Command[0]));
        Assert.Throws<TemplateRefusal>(() => Resolve(hub, "jupyter@0"));
        Assert.Equal(HttpStatusCode.NoContent, await hub.StatusAsync(null, HttpMethod.Delete, "templates/jupyter"));
        Assert.Equal("/usr/bin/python3", Resolve(hub, "jupyter").Spec.Command[0]);
        Assert.Throws<TemplateRefusal>(() => Resolve(hub, "jupyter@1"));

        // Its numbers go on, so that a task's 'jupyter@1' never means another document.
        await DraftAsync(hub, Least.Replace("slug: demo", "slug: jupyter", StringComparison.Ordinal), "jupyter");
        Assert.Equal(2, (await PublishAsync(hub, slug: "jupyter")).Version);
    }

    [Fact(Timeout = 60_000)]
    public async Task Only_admins_write_and_others_learn_nothing_that_is_not_for_them()
    {
        await using var hub = await TestHub.StartAsync();
        var (ann, eve, auditor) = (await hub.PersonAsync("ann"), await hub.PersonAsync("eve"), await hub.PersonAsync("audrey", PlatformRole.Auditor));
        await hub.Services.GetRequiredService<AccountDirectory>().SetGroupsAsync("ann", Account.LocalSource, ["ds"]);
        await DraftAsync(hub, Least.Replace("name: Demo", "name: Demo\n  visibility: {groups: [ds]}", StringComparison.Ordinal));
        await PublishAsync(hub);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (await hub.StatusAsync(ann, HttpMethod.Get, "templates/demo"), await hub.StatusAsync(eve, HttpMethod.Get, "templates/demo")));
        Assert.Equal((true, false), ((await ListAsync(hub, ann)).Contains("demo"), (await ListAsync(hub, eve)).Contains("demo")));
        foreach (var path in new[] { "templates/demo/versions", "templates/demo/versions/1" })
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (await hub.StatusAsync(ann, HttpMethod.Get, path), await hub.StatusAsync(eve, HttpMethod.Get, path)));
        Assert.Equal(HttpStatusCode.NotFound, (await TestAsync(hub, eve, "demo", new())).Status);
        Assert.Throws<TemplateRefusal>(() => Resolve(hub, "demo", Documents.Caller("eve")));
        Assert.Throws<TemplateRefusal>(() => Resolve(hub, "demo@1", Documents.Caller("eve")));
        Assert.Equal("sleep", Resolve(hub, "demo@1", Documents.Caller("ann", groups: "ds")).Spec.Command[0]);

        foreach (var writer in new[] { ann, auditor, await hub.ScopedAsync("root-like", "templates:read") })
        {
            using var draft = await SendDraftAsync(hub, Least, token: writer);
            using var publish = await SendPublishAsync(hub, token: writer);
            Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (
                draft.StatusCode, publish.StatusCode, await hub.StatusAsync(writer, HttpMethod.Delete, "templates/demo"), (await TestAsync(hub, writer, null, new() { Yaml = Least })).Status));
        }

        Assert.Equal((null, true), ((await GetAsync(hub, ann, "demo")).Yaml, (await GetAsync(hub, auditor, "demo")).Yaml is not null));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(await hub.ScopedAsync("ann", "tunnels:read"), HttpMethod.Get, "templates"));
        Assert.Equal(HttpStatusCode.NotFound, (await TestAsync(hub, ann, "demo", new() { Draft = true })).Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hidden_template_is_in_no_list_and_used_by_who_knows_it()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = await hub.PersonAsync("ann");
        await DraftAsync(hub, Least.Replace("name: Demo", "name: Demo\n  visibility: {hidden: true, deprecated: {by: jupyter}}", StringComparison.Ordinal));
        await PublishAsync(hub);
        Assert.Equal((false, true), ((await ListAsync(hub, ann)).Contains("demo"), (await ListAsync(hub, null)).Contains("demo")));
        Assert.Equal(["The template 'demo' is deprecated. Use 'jupyter'."], Resolve(hub).Notices);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_dry_run_shows_what_a_runner_would_get_and_changes_nothing()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = await hub.PersonAsync("ann");
        var (_, test) = await TestAsync(hub, ann, "jupyter", new() { Request = new CreateTaskRequest { Template = "jupyter", Name = "nb", Resources = new TaskResources { Cpu = 2 } } });
        Assert.True(test!.IsValid);
        Assert.Equal(("nb", "ann", 2.0), (test.Spec!.Name, test.Spec.Owner, test.Requests!.Cpu));
        Assert.Contains("--port={{port}}", test.Spec.Command);

        (_, test) = await TestAsync(hub, ann, "jupyter", new() { Request = new CreateTaskRequest { Template = "x", Parameters = new Dictionary<string, string> { ["python"] = "a b" } } });
        Assert.Equal((false, "The parameter 'python' cannot be 'a b': it has to match [A-Za-z0-9._/+-]+."), (test!.IsValid, test.Refusal));
        Assert.NotNull(test.Form);

        (_, test) = await TestAsync(hub, null, null, new() { Yaml = With("  cost: {cpuHour: 2, currency: EUR}\n") });
        Assert.Equal((true, 1m, "EUR"), (test!.IsValid, test.PricePerHour, test.Currency));
        (_, test) = await TestAsync(hub, null, null, new() { Yaml = Least + "  a: b\n" });
        Assert.Equal((false, 9), (test!.IsValid, test.Problems.Single().Line));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(null, HttpMethod.Get, "templates/demo"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_template_without_prices_costs_what_the_hub_says()
    {
        await using var hub = await TestHub.StartAsync(change: static o => o with { Prices = new PriceOptions(1, 0.5m, 0, "CHF") });
        await DraftAsync(hub, With("  resources: {cpu: 2, memory: 4Gi}\n"));
        Assert.Equal((4m, "CHF"), ((await PublishAsync(hub)).PricePerHour, (await GetAsync(hub, null, "demo")).Currency));
        await DraftAsync(hub, With("  resources: {cpu: 2, memory: 4Gi}\n  cost: {cpuHour: 3, currency: EUR}\n"));
        Assert.Equal((6m, "EUR"), ((await PublishAsync(hub)).PricePerHour, Resolve(hub).Rates!.Currency));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_version_that_this_hub_cannot_use_is_refused_and_shown_and_counted()
    {
        // As a later version of the program may have left it.
        await using var hub = await TestHub.StartAsync();
        var ann = await hub.PersonAsync("ann");
        await DraftAsync(hub, Least);
        await PublishAsync(hub);
        await hub.Services.GetRequiredService<Hub.Storage.Database>().WriteAsync(static connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "UPDATE template_versions SET yaml = yaml || '  hologram: true' || char(10)";
            command.ExecuteNonQuery();
        });
        await hub.RestartAsync();
        Assert.StartsWith("The template 'demo' cannot be used by this hub: line 9: unknown key 'hologram' in spec;", Assert.Throws<TemplateRefusal>(() => Resolve(hub)).Message, StringComparison.Ordinal);
        Assert.StartsWith("Line 9: unknown key", (await GetAsync(hub, null, "demo")).Problem, StringComparison.Ordinal);
        Assert.Equal((false, HttpStatusCode.NotFound), ((await ListAsync(hub, ann)).Contains("demo"), await hub.StatusAsync(ann, HttpMethod.Get, "templates/demo")));
        using var http = hub.Api();
        Assert.Contains("adit_templates{state=\"unusable\"} 1", await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Ct), StringComparison.Ordinal);
        await DraftAsync(hub, Least);
        Assert.Equal((2, null), ((await PublishAsync(hub)).Version, (await GetAsync(hub, null, "demo")).Problem));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_schema_is_there_for_editors_without_a_token()
    {
        await using var hub = await TestHub.StartAsync();
        using var http = new HttpClient { BaseAddress = hub.Address };
        using var answer = await http.GetAsync(new Uri("/api/v1/templates/schema", UriKind.Relative), Ct);
        Assert.Equal("application/schema+json", answer.Content.Headers.ContentType?.MediaType);
        using var schema = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Ct));
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", schema.RootElement.GetProperty("$schema").GetString());
    }

    private static Hub.Access.Caller Admin => Documents.Caller("root", PlatformRole.Admin);

    private static ResolvedTask Resolve(TestHub hub, string template = "demo", Hub.Access.Caller? caller = null) =>
        hub.Services.GetRequiredService<ITemplates>().Resolve(new CreateTaskRequest { Template = template }, caller ?? Documents.Caller(), Address);

    private static Task<HttpResponseMessage> SendDraftAsync(TestHub hub, string yaml, string slug = "demo", string? ifMatch = null, string? token = null) => hub.SendAsync(
        token, HttpMethod.Put, $"templates/{slug}/draft", JsonContent.Create(new PutTemplateDraftRequest { Yaml = yaml }, TemplatesJson.Default.PutTemplateDraftRequest), ifMatch);

    private static Task<HttpResponseMessage> SendPublishAsync(
        TestHub hub, PublishTemplateRequest? request = null, string slug = "demo", string? ifMatch = null, string? token = null) => hub.SendAsync(
        token, HttpMethod.Post, $"templates/{slug}/publish", JsonContent.Create(request ?? new(), TemplatesJson.Default.PublishTemplateRequest), ifMatch);

    private static async Task<ApiTemplate> DraftAsync(TestHub hub, string yaml, string slug = "demo")
    {
        using var answer = await SendDraftAsync(hub, yaml, slug);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Ct));
        return await ReadAsync(answer);
    }

    private static async Task<ApiTemplate> PublishAsync(TestHub hub, PublishTemplateRequest? request = null, string slug = "demo")
    {
        using var answer = await SendPublishAsync(hub, request, slug);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Ct));
        return await ReadAsync(answer);
    }

    private static async Task<ApiTemplate> GetAsync(TestHub hub, string? token, string slug)
    {
        using var answer = await hub.SendAsync(token, HttpMethod.Get, $"templates/{slug}");
        return await ReadAsync(answer);
    }

    private static async Task<ApiTemplate> ReadAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync(TemplatesJson.Default.ApiTemplate, Ct))!;

    private static async Task<List<string>> ListAsync(TestHub hub, string? token)
    {
        using var answer = await hub.SendAsync(token, HttpMethod.Get, "templates");
        return [.. (await answer.Content.ReadFromJsonAsync(TemplatesJson.Default.TemplateList, Ct))!.Items.Select(static t => t.Slug)];
    }

    private static async Task<IReadOnlyList<ApiTemplateVersion>> VersionsAsync(TestHub hub)
    {
        using var answer = await hub.SendAsync(null, HttpMethod.Get, "templates/demo/versions");
        return (await answer.Content.ReadFromJsonAsync(TemplatesJson.Default.TemplateVersionList, Ct))!.Items;
    }

    private static async Task<(HttpStatusCode Status, TemplateTest? Test)> TestAsync(TestHub hub, string? token, string? slug, TestTemplateRequest request)
    {
        using var answer = await hub.SendAsync(
            token, HttpMethod.Post, slug is null ? "templates/test" : $"templates/{slug}/test", JsonContent.Create(request, TemplatesJson.Default.TestTemplateRequest));
        return (answer.StatusCode, answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync(TemplatesJson.Default.TemplateTest, Ct) : null);
    }

    private static async Task<string?> DetailAsync(HttpResponseMessage answer)
    {
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Ct));
        return problem.RootElement.GetProperty("detail").GetString();
    }
}
