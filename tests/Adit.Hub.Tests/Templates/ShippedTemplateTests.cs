using Adit.Api;
using Adit.Hub.Templates;
using Adit.Hub.Templates.Documents;

namespace Adit.Hub.Tests.Templates;

/// <summary>The templates in the program.</summary>
public sealed class ShippedTemplateTests
{
    private static readonly string[] Expected =
    [
        "bokeh", "code-server", "command", "dash", "flask", "gradio", "jupyter", "jupyterlab", "panel", "rstudio", "shiny", "static", "streamlit", "voila", "web",
    ];

    public static TheoryData<string> Slugs => [.. ShippedTemplates.All.Keys.Order(StringComparer.Ordinal)];

    [Fact]
    public void All_that_are_promised_are_there() => Assert.Equal(Expected, ShippedTemplates.All.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Slugs))]
    public void Each_is_valid_under_its_own_name_and_starts_with_nothing_but_defaults(string slug)
    {
        var yaml = ShippedTemplates.All[slug].Yaml;
        var problems = new TemplateProblems();
        var template = TemplateReader.Read(yaml, problems);
        Assert.Empty(problems.ToList());
        Assert.Equal(slug, template!.Slug);
        var request = new CreateTaskRequest { Template = slug, Command = template.Body.Source.Command.Count == 0 ? ["true"] : null };
        var task = TemplateResolver.Resolve(template, 0, request, Documents.Caller(), Documents.Address, null);
        Assert.NotEmpty(task.Spec.Command);
        Assert.All(task.Spec.Command.Concat(task.Spec.Environment.Values), OnlyTheRunnersPlaceholders);
        Assert.Equal((slug, 0, "process", "nb", "ann", "owner"), (task.Template, task.Version, task.Spec.Executor, task.Spec.Name, task.Spec.Owner, task.Access));
        Assert.True(task.Requests is { Cpu: > 0, MemoryBytes: > 0 });
        Assert.Equal(task.Spec.Ports.Select(static p => p.Name), task.Ports.Select(static p => p.Name));
    }

    [Theory]
    [MemberData(nameof(Slugs))]
    public void Each_has_a_form_that_says_what_every_field_is(string slug)
    {
        var template = ShippedTemplates.All[slug].Template!;
        Assert.False(string.IsNullOrEmpty(template.Description));
        var form = TemplateView.Form(template, Documents.Caller());
        Assert.All(form.Fields, static f => Assert.True(f is { Label: not null, Description: not null, Default: not null, IsAllowed: true }, f.Name));
    }

    [Theory]
    [MemberData(nameof(Slugs))]
    public void Each_that_serves_pages_is_idle_some_day_and_none_other_is(string slug)
    {
        var body = ShippedTemplates.All[slug].Template!.Body;
        Assert.Equal(body.Ports.Count > 0, body.Idle.Steps.Count > 0);
        foreach (var port in body.Ports)
        {
            // The runner asks on loopback; whoever asks the same through the edge is a monitor.
            if (port.Spec.HealthPath is { } path and not "/")
                Assert.True(slug is "rstudio" || new IdleFilter(body.Idle).Ignores("GET", path), path);
        }
    }

    [Theory]
    [InlineData("jupyter", "--NotebookApp.token=", "--NotebookApp.password=", "--NotebookApp.allow_remote_access=True", "--port={{port}}", "--ip=127.0.0.1")]
    [InlineData("jupyterlab", "--ServerApp.token=", "--ServerApp.password=", "--ServerApp.allow_remote_access=True", "--port={{port}}", "--ip=127.0.0.1")]
    [InlineData("bokeh", "--allow-websocket-origin=nb--ann.hub.example.com", "--address=127.0.0.1")]
    [InlineData("panel", "--allow-websocket-origin=nb--ann.hub.example.com", "--address=127.0.0.1")]
    [InlineData("streamlit", "--browser.serverAddress=nb--ann.hub.example.com", "--server.address=127.0.0.1")]
    [InlineData("code-server", "--auth=none", "--trusted-origins=nb--ann.hub.example.com", "--bind-addr=127.0.0.1:{{port}}")]
    public void Its_own_sign_in_is_off_it_listens_on_loopback_and_it_knows_its_public_host(string slug, params string[] arguments)
    {
        var task = TemplateResolver.Resolve(ShippedTemplates.All[slug].Template!, 0, new CreateTaskRequest { Template = slug }, Documents.Caller(), Documents.Address, null);
        Assert.Superset(arguments.ToHashSet(), task.Spec.Command.ToHashSet());
    }

    [Theory]
    [InlineData("jupyter", "GET", "/api/kernels", true)]
    [InlineData("jupyter", "POST", "/api/kernels", false)]
    [InlineData("jupyter", "GET", "/api/contents/a.ipynb", true)]
    [InlineData("jupyter", "PUT", "/api/contents/a.ipynb", false)]
    [InlineData("jupyter", "GET", "/notebooks/a.ipynb", false)]
    [InlineData("streamlit", "GET", "/_stcore/health", true)]
    [InlineData("streamlit", "GET", "/", false)]
    [InlineData("dash", "POST", "/_dash-update-component", false)]
    [InlineData("dash", "GET", "/_reload-hash", true)]
    [InlineData("flask", "GET", "/static/a.css", true)]
    [InlineData("flask", "GET", "/static", false)]
    public void What_pages_ask_for_by_themselves_is_no_use(string slug, string method, string path, bool ignored) =>
        Assert.Equal(ignored, new IdleFilter(ShippedTemplates.All[slug].Template!.Body.Idle).Ignores(method, path));

    [Theory]
    [InlineData("flask", "2", true, true)]
    [InlineData("flask", "42[\"chat\"]", true, false)]
    [InlineData("flask", "{\"type\":6}\u001e", true, true)]
    [InlineData("shiny", "{\"method\":\"update\",\"data\":{\"n\":7}}", true, false)]
    [InlineData("shiny", "0#0|o|", true, true)]
    [InlineData("code-server", "\u0009\u0000\u0000\u0000\u0001\u0000\u0000\u0000\u00ff\u0000\u0000\u0000\u0000", false, true)]
    [InlineData("code-server", "\u0001\u0000\u0000\u0000\u0001\u0000\u0000\u0000\u00ff\u0000\u0000\u0000\u0000", false, false)]
    public void What_keeps_a_websocket_open_is_no_use(string slug, string message, bool isText, bool ignored) => Assert.Equal(
        ignored,
        new IdleFilter(ShippedTemplates.All[slug].Template!.Body.Idle)
            .IgnoresMessage(isText ? System.Text.Encoding.UTF8.GetBytes(message) : System.Text.Encoding.Latin1.GetBytes(message), isText));

    private static void OnlyTheRunnersPlaceholders(string text)
    {
        for (var at = text.IndexOf("{{", StringComparison.Ordinal); at >= 0; at = text.IndexOf("{{", at + 2, StringComparison.Ordinal))
            Assert.True(Placeholders.IsRunners(text[(at + 2)..text.IndexOf("}}", at, StringComparison.Ordinal)]), text);
    }
}
