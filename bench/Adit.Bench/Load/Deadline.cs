namespace Adit.Bench.Load;

/// <summary>A tunnel that hangs must fail its measurement, not hold up the bench.</summary>
internal static class Deadline
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    /// <summary>Waits for an answer, or for as long as was planned and 20 s more.</summary>
    /// <remarks>What is given up ends when its connection is disposed of, which the caller does.</remarks>
    public static async Task<T> WithinAsync<T>(this Task<T> task, string subject, TimeSpan planned = default)
    {
        try
        {
            return await task.WaitAsync(planned + Grace);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{subject} did not answer within {Grace.TotalSeconds:0} s");
        }
    }
}
