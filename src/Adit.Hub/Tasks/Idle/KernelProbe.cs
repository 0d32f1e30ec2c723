using System.Net;
using System.Text.Json;
using Adit.Hub.Edge;
using Adit.Link;

namespace Adit.Hub.Tasks.Idle;

/// <summary>Asks a Jupyter server whether a kernel of it is busy, over the way that its visitors come. Nothing of this counts as use.</summary>
internal sealed class KernelProbe(TimeProvider time)
{
    private const int MostBytes = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Whether any is; null when that cannot be known now.</summary>
    public async Task<bool?> IsBusyAsync(Upstream upstream, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Patience, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectCallback = async (_, cancelled) => (await upstream.OpenAsync(null, cancelled)).AsStream(),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MostBytes,
        };
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://localhost/api/kernels");
        request.Headers.ConnectionClose = true;
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, over.Token);
            return answer.StatusCode == HttpStatusCode.OK ? Read(await answer.Content.ReadAsByteArrayAsync(over.Token)) : null;
        }
        catch (Exception e) when (e is HttpRequestException or LinkStreamException or IOException or OperationCanceledException or JsonException)
        {
            return null;
        }
    }

    private static bool? Read(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
            return null;
        return document.RootElement.EnumerateArray().Any(static kernel =>
            kernel.ValueKind == JsonValueKind.Object && kernel.TryGetProperty("execution_state", out var state) && state.ValueKind == JsonValueKind.String && state.ValueEquals("busy"));
    }
}
