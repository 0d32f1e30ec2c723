using System.Net;
using System.Net.Http.Json;
using Adit.Api;

namespace Adit.Runner.Hubs;

/// <summary>Keys of the S3 endpoint, and snapshots of what came by it.</summary>
public sealed partial class HubApi
{
    /// <summary>Makes a key. The answer has its secret.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<ApiS3Key> CreateS3KeyAsync(CreateS3KeyRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, S3Json.Default.CreateS3KeyRequest);
        return await SendAsync(HttpMethod.Post, "/api/v1/s3/keys", content, S3Json.Default.ApiS3Key, cancellationToken);
    }

    /// <summary>The keys that the caller may see.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<ApiS3Key>> ListS3KeysAsync(CancellationToken cancellationToken) =>
        ListAsync("/api/v1/s3/keys", S3Json.Default.S3KeyList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>Removes a key.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task RemoveS3KeyAsync(string id, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, "/api/v1/s3/keys/" + Uri.EscapeDataString(id), null, cancellationToken);
    }

    /// <summary>Makes a snapshot of what was put into a volume by S3; null when there is nothing.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<CreatedSnapshot?> CommitVolumeAsync(VolumeName volume, string? message, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(new CommitVolumeRequest { Message = message }, VolumesJson.Default.CommitVolumeRequest);
        using var answer = await SendAsync(HttpMethod.Post, At(volume) + "/commit", content, cancellationToken);
        return answer.StatusCode == HttpStatusCode.NoContent ? null : await answer.Content.ReadFromJsonAsync(VolumesJson.Default.CreatedSnapshot, cancellationToken);
    }
}
