using Adit.Api;

namespace Adit.Hub.Tasks;

/// <summary>States as people and the API write them.</summary>
internal static class TaskWords
{
    public static string Word(this TaskState state) => state.ToString().ToLowerInvariant();

    /// <summary>With its verb: <c>is ready</c>, <c>has failed</c>.</summary>
    public static string Is(this TaskState state) => state == TaskState.Failed ? "has failed" : "is " + state.Word();
}
