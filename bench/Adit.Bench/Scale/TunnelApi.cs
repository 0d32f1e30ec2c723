using System.Net.Http.Json;
using Adit.Api;
using Adit.Bench.Subjects;

namespace Adit.Bench.Scale;

/// <summary>Tunnels made and removed through the hub's API, as a program would.</summary>
internal sealed class TunnelApi(AditHub hub, int backendPort) : IDisposable
{
    private readonly HttpClient _http = hub.ApiClient();

    /// <summary>Makes a public http tunnel that the given link serves.</summary>
    public async Task CreateAsync(string name, string link, CancellationToken cancellationToken)
    {
        var request = new CreateTunnelRequest
        {
            Name = name,
            Kind = TunnelKind.Http,
            Target = $"http://127.0.0.1:{backendPort}",
            Link = link,
            Access = TunnelAccess.Public,
        };
        using var answer = await _http.PostAsJsonAsync("/api/v1/tunnels", request, TunnelsJson.Default.CreateTunnelRequest, cancellationToken);
        await ThrowUnlessDoneAsync(answer, name, cancellationToken);
    }

    /// <summary>Removes a tunnel.</summary>
    public async Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        using var answer = await _http.DeleteAsync($"/api/v1/tunnels/{name}", cancellationToken);
        await ThrowUnlessDoneAsync(answer, name, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private static async Task ThrowUnlessDoneAsync(HttpResponseMessage answer, string name, CancellationToken cancellationToken)
    {
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"{name}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}");
    }
}
