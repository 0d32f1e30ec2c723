using System.Net.Http.Headers;
using System.Net.Http.Json;
using Adit.Api;

namespace Adit.Runner.Hubs;

/// <content>Templates.</content>
public sealed partial class HubApi
{
    /// <summary>The templates that the caller may see, by slug.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<ApiTemplate>> ListTemplatesAsync(CancellationToken cancellationToken) =>
        ListAsync("/api/v1/templates", TemplatesJson.Default.TemplateList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>One template, with its form.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<ApiTemplate> GetTemplateAsync(string slug, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, Template(slug), null, TemplatesJson.Default.ApiTemplate, cancellationToken);

    /// <summary>The versions of a template, newest first.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<ApiTemplateVersion>> ListTemplateVersionsAsync(string slug, CancellationToken cancellationToken) =>
        ListAsync(Template(slug) + "/versions", TemplatesJson.Default.TemplateVersionList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>One version, with its document for those who see everything.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<ApiTemplateVersion> GetTemplateVersionAsync(string slug, int version, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, FormattableString.Invariant($"{Template(slug)}/versions/{version}"), null, TemplatesJson.Default.ApiTemplateVersion, cancellationToken);

    /// <summary>Writes a template's draft, and publishes exactly that when it is asked to.</summary>
    /// <param name="slug">The template.</param>
    /// <param name="yaml">The document.</param>
    /// <param name="publish">How to publish it; null to leave it a draft.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<ApiTemplate> PushTemplateAsync(string slug, string yaml, PublishTemplateRequest? publish, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, Template(slug) + "/draft")
        {
            Content = JsonContent.Create(new PutTemplateDraftRequest { Yaml = yaml }, TemplatesJson.Default.PutTemplateDraftRequest),
        };
        var (draft, validator) = await SendTemplateAsync(request, cancellationToken);
        return publish is null ? draft : await PublishTemplateAsync(slug, publish, validator, cancellationToken);
    }

    /// <summary>Publishes a template's draft, or a version of it again.</summary>
    /// <param name="slug">The template.</param>
    /// <param name="publish">What.</param>
    /// <param name="validator">What it was read as (If-Match); null for whatever it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<ApiTemplate> PublishTemplateAsync(string slug, PublishTemplateRequest publish, EntityTagHeaderValue? validator, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Template(slug) + "/publish")
        {
            Content = JsonContent.Create(publish, TemplatesJson.Default.PublishTemplateRequest),
        };
        if (validator is not null)
            request.Headers.IfMatch.Add(validator);
        return (await SendTemplateAsync(request, cancellationToken)).Template;
    }

    /// <summary>Removes a template with its versions, or its draft alone.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task RemoveTemplateAsync(string slug, bool draftOnly, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, Template(slug) + (draftOnly ? "/draft" : ""), null, cancellationToken);
    }

    /// <summary>What would come of a start. Changes nothing.</summary>
    /// <param name="slug">The template; null for the document in the request.</param>
    /// <param name="test">What is tested.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<TemplateTest> TestTemplateAsync(string? slug, TestTemplateRequest test, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(test, TemplatesJson.Default.TestTemplateRequest);
        return await SendAsync(HttpMethod.Post, slug is null ? "/api/v1/templates/test" : Template(slug) + "/test", content, TemplatesJson.Default.TemplateTest, cancellationToken);
    }

    private async Task<(ApiTemplate Template, EntityTagHeaderValue? Validator)> SendTemplateAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var answer = await http.SendAsync(request, cancellationToken);
        if (!answer.IsSuccessStatusCode)
            throw await HubProblem.ReadAsync(answer, hub, cancellationToken);
        var template = await answer.Content.ReadFromJsonAsync(TemplatesJson.Default.ApiTemplate, cancellationToken)
            ?? throw new HubApiException(System.Net.HttpStatusCode.BadGateway, null, $"The hub {hub} answered with nothing.");
        return (template, answer.Headers.ETag);
    }

    private static string Template(string slug) => $"/api/v1/templates/{Uri.EscapeDataString(slug)}";
}
