using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Adit.Api;

namespace Adit.Runner.Hubs;

/// <summary>The calls of a hub's API that clients make.</summary>
public sealed partial class HubApi(HttpClient http, Uri hub) : IDisposable
{
    private const int MostBytes = 256 * 1024 * 1024; // A request that is inspected has two bodies in its answer, as large as the hub is told to keep.

    /// <summary>Makes a tunnel, or serves one that exists.</summary>
    /// <exception cref="HubApiException">The hub refused.</exception>
    /// <exception cref="HttpRequestException">The hub could not be reached.</exception>
    public async Task<Tunnel> CreateTunnelAsync(CreateTunnelRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, TunnelsJson.Default.CreateTunnelRequest);
        return await SendAsync(HttpMethod.Post, "/api/v1/tunnels", content, TunnelsJson.Default.Tunnel, cancellationToken);
    }

    /// <summary>One tunnel.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<Tunnel> GetTunnelAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"/api/v1/tunnels/{Uri.EscapeDataString(name)}", null, TunnelsJson.Default.Tunnel, cancellationToken);

    /// <summary>All tunnels that the token may see, by name.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<Tunnel>> ListTunnelsAsync(CancellationToken cancellationToken) =>
        ListAsync("/api/v1/tunnels", TunnelsJson.Default.TunnelList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>Says that a link serves a tunnel no more. An ephemeral tunnel goes with its last link.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task StopServingAsync(string name, string link, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(
            HttpMethod.Delete,
            $"/api/v1/tunnels/{Uri.EscapeDataString(name)}/servers/{Uri.EscapeDataString(link)}",
            null,
            cancellationToken);
    }

    /// <summary>Removes a tunnel.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task DeleteTunnelAsync(string name, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, $"/api/v1/tunnels/{Uri.EscapeDataString(name)}", null, cancellationToken);
    }

    /// <summary>A link that opens an owner's tunnel in a browser, once.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<SignInLink> CreateSignInLinkAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post,
            $"/api/v1/tunnels/{Uri.EscapeDataString(name)}/sign-in-link",
            null,
            TokensJson.Default.SignInLink,
            cancellationToken);

    /// <summary>Whether somebody may open a tunnel or host, and why.</summary>
    /// <param name="host">The tunnel's name or a host name.</param>
    /// <param name="who">An account; null for somebody who is not signed in.</param>
    /// <param name="conditions">Further parameters: method, path, address; nulls are left out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<AccessExplanation> ExplainAccessAsync(
        string host, string? who, IReadOnlyDictionary<string, string?> conditions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(conditions);
        var query = conditions.Append(KeyValuePair.Create("who", who)).Where(static p => p.Value is not null)
            .Select(static p => $"&{p.Key}={Uri.EscapeDataString(p.Value!)}");
        return SendAsync(
            HttpMethod.Get, $"/api/v1/access/explain?host={Uri.EscapeDataString(host)}{string.Concat(query)}", null, AccessJson.Default.AccessExplanation,
            cancellationToken);
    }

    /// <summary>What the inspector holds of a tunnel, newest first.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<IReadOnlyList<RequestSummary>> ListRequestsAsync(string name, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, Requests(name), null, TunnelsJson.Default.RequestList, cancellationToken)).Items;

    /// <summary>One inspected request in full.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<InspectedRequest> GetRequestAsync(string name, string id, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get, $"{Requests(name)}/{Uri.EscapeDataString(id)}", null, TunnelsJson.Default.InspectedRequest, cancellationToken);

    /// <summary>Sends an inspected request again and returns what came of it.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<InspectedRequest> ReplayAsync(string name, string id, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post,
            $"{Requests(name)}/{Uri.EscapeDataString(id)}/replay",
            null,
            TunnelsJson.Default.InspectedRequest,
            cancellationToken);

    /// <summary>Makes a token.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<ApiToken> CreateTokenAsync(CreateTokenRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, TokensJson.Default.CreateTokenRequest);
        return await SendAsync(HttpMethod.Post, "/api/v1/tokens", content, TokensJson.Default.ApiToken, cancellationToken);
    }

    /// <summary>The tokens that the caller may see.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<ApiToken>> ListTokensAsync(CancellationToken cancellationToken) =>
        ListAsync("/api/v1/tokens", TokensJson.Default.TokenList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>Revokes a token.</summary>
    /// <returns>The runners and tasks that it leaves behind; null for none.</returns>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<RevokedToken?> RevokeTokenAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, $"/api/v1/tokens/{Uri.EscapeDataString(id)}", null, cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NoContent)
            return null;
        await answer.Content.LoadIntoBufferAsync(MostBytes, cancellationToken);
        return await answer.Content.ReadFromJsonAsync(TokensJson.Default.RevokedToken, cancellationToken);
    }

    /// <summary>Whether the hub is ready.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, "/readyz", null, cancellationToken);
    }

    /// <summary>Opens the stream of events; dispose it to end it.</summary>
    /// <param name="query">What to see: <c>?tunnel=NAME&amp;requests=NAME</c>.</param>
    /// <param name="cancellationToken">Gives up opening it.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<HttpResponseMessage> OpenEventsAsync(string query, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, "/api/v1/events" + query, null, cancellationToken);

    /// <inheritdoc />
    public void Dispose() => http.Dispose();

    private static string Requests(string name) => $"/api/v1/tunnels/{Uri.EscapeDataString(name)}/requests";

    // All pages of a list, or as many as it takes.
    private async Task<IReadOnlyList<TItem>> ListAsync<TPage, TItem>(
        string path, JsonTypeInfo<TPage> type, Func<TPage, (IReadOnlyList<TItem> Items, string? Next)> read, CancellationToken cancellationToken,
        int most = int.MaxValue)
    {
        List<TItem> all = [];
        string? cursor = null;
        do
        {
            var at = cursor is null ? path : $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}cursor={Uri.EscapeDataString(cursor)}";
            var (items, next) = read(await SendAsync(HttpMethod.Get, at, null, type, cancellationToken));
            all.AddRange(items);
            cursor = next;
        }
        while (cursor is not null && all.Count < most);
        return all.Count > most ? all[..most] : all;
    }

    private async Task<T> SendAsync<T>(
        HttpMethod method, string path, HttpContent? content, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(method, path, content, cancellationToken);
        try
        {
            // The client's own limit of time ends with the head of the answer.
            using var limit = new CancellationTokenSource(http.Timeout, TimeProvider.System);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            await answer.Content.LoadIntoBufferAsync(MostBytes, either.Token);
            return await answer.Content.ReadFromJsonAsync(type, cancellationToken)
                ?? throw new HubApiException(HttpStatusCode.BadGateway, null, $"The hub {hub} answered {method} {path} with nothing.");
        }
        catch (JsonException e)
        {
            throw new HubApiException(
                HttpStatusCode.BadGateway,
                null,
                $"The hub {hub} answered {method} {path} with something that is not understood ({e.Message}); client and hub may be too "
                    + "far apart in version.");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken, bool isNew = false)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (isNew)
            request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (answer.IsSuccessStatusCode)
            return answer;
        using (answer)
            throw await HubProblem.ReadAsync(answer, hub, cancellationToken);
    }
}
