using Adit.Hub.Volumes;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.S3;

/// <summary>The slice's own.</summary>
internal static class S3Services
{
    /// <summary>Registers it.</summary>
    public static IServiceCollection AddS3(this IServiceCollection services) =>
        services.AddSingleton<ILivingContent, ArrivingContent>()
            .AddSingleton<S3KeyBook>()
            .AddSingleton<SignatureV4>()
            .AddSingleton<S3Volumes>()
            .AddSingleton<Intakes>()
            .AddSingleton<BucketReads>()
            .AddSingleton<ObjectReads>()
            .AddSingleton<ObjectWrites>()
            .AddSingleton<MultipartStore>()
            .AddSingleton<Multipart>()
            .AddSingleton<S3Meter>()
            .AddSingleton<S3Endpoint>();

    /// <summary>Takes up what is stored.</summary>
    public static async Task LoadS3Async(this IServiceProvider services)
    {
        await services.GetRequiredService<S3KeyBook>().LoadAsync();
        var time = services.GetRequiredService<TimeProvider>();
        await services.GetRequiredService<MultipartStore>().RemoveBeforeAsync(time.GetUtcNow() - Multipart.Longest);
    }
}
