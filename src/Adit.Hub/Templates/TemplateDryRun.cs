using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Adit.Hub.Templates.Documents;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Templates;

/// <summary>What would come of a start: what is wrong with the document, what a runner would get, which runners would fit, what an hour costs. Changes nothing.</summary>
internal static class TemplateDryRun
{
    /// <summary>POST /api/v1/templates/test: a document that the hub does not have.</summary>
    public static IResult TestDocument(TestTemplateRequest request, HttpContext context, TemplateRegistry registry, Authority authority, HubOptions options)
    {
        if (!authority.May(context.Caller(), Permission.TemplatesWrite, default))
            return Problems.Forbidden("Only admins write templates, and so test documents of their own; test one that the hub has, by its slug.");
        return request.Yaml is { Length: <= TemplateYaml.MostBytes } yaml
            ? Run(Unpublished(yaml, context), isPublished: false, request.Request, context, registry, options)
            : Problems.Invalid("A document to test is missing, or has more than 64 KiB.");
    }

    /// <summary>POST /api/v1/templates/{slug}/test: one that the hub has.</summary>
    public static IResult Test(string slug, TestTemplateRequest? request, HttpContext context, TemplateRegistry registry, Authority authority, HubOptions options)
    {
        var caller = context.Caller();
        if (request?.Yaml is not null)
            return TestDocument(request, context, registry, authority, options);
        if (request?.Draft == true)
        {
            return Authority.SeesAll(caller) && registry.Find(slug)?.Draft is { } draft
                ? Run(Unpublished(draft.Yaml, context), isPublished: false, request.Request, context, registry, options)
                : Problems.NotFound($"draft of a template '{TemplateProblems.Shown(slug)}'");
        }

        return registry.Current(slug) is { } version && TemplateRegistry.MaySee(caller, version)
            ? Run(version, isPublished: true, request?.Request, context, registry, options)
            : Problems.NotFound($"template '{TemplateProblems.Shown(slug)}'");
    }

    private static StoredVersion Unpublished(string yaml, HttpContext context) => new() { Number = 0, Yaml = yaml, By = context.Caller().Account, At = DateTimeOffset.UnixEpoch };

    private static JsonHttpResult<TemplateTest> Run(
        StoredVersion version, bool isPublished, CreateTaskRequest? asked, HttpContext context, TemplateRegistry registry, HubOptions options)
    {
        var caller = context.Caller();
        // Where a document is tested, its lines are its author's to see; a user of a published one learns only whether it works.
        var remarks = isPublished && !Authority.SeesAll(caller) ? [] : TemplateView.Remarks(version.Problems);
        if (version.Template is not { } template)
            return Answer(new TemplateTest { IsValid = false, Problems = remarks, Refusal = isPublished ? "The template cannot be used by this hub; an admin has to mend it." : null });
        var form = TemplateView.Form(template, caller);
        try
        {
            var request = (asked ?? new CreateTaskRequest { Template = template.Slug }) with { Template = template.Slug };
            var task = registry.Resolve(template.Slug, version, request, caller, Address(request.Name ?? template.Slug, caller, options));
            var fit = context.RequestServices.GetService<IRunnerFit>();
            var runners = fit?.Of(task, caller);
            var (refused, waits) = fit?.QuotasOf(task, caller, request.Project) ?? default;
            return Answer(new TemplateTest
            {
                IsValid = refused is null,
                Refusal = refused,
                Problems = remarks,
                Form = form,
                Spec = task.Spec,
                Requests = task.Requests,
                Notices = task.Notices,
                WaitsFor = waits,
                PricePerHour = task.Rates?.PerHour(task.Requests),
                Currency = task.Rates?.Currency,
                Runners = runners is null ? null : [.. runners.Select(static r => new TemplateRunner { Runner = r.Runner, CouldFit = r.CouldFit, HasRoom = r.HasRoom, Reason = r.Reason })],
            });
        }
        catch (TemplateRefusal e)
        {
            return Answer(new TemplateTest { IsValid = false, Problems = remarks, Form = form, Refusal = e.Message });
        }
    }

    // As an address would look; the real one is made with the task.
    private static TaskAddress Address(string name, Caller caller, HubOptions options) =>
        new(name, $"{(options.ListenTls.Count > 0 ? "https" : "http")}://{name}--{caller.Account}.{options.Domain}");

    private static JsonHttpResult<TemplateTest> Answer(TemplateTest test) => TypedResults.Json(test, TemplatesJson.Default.TemplateTest);
}
