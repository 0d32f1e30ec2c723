using Adit.Api;

namespace Adit.Hub.Tasks;

/// <summary>States as people and the API write them.</summary>
internal static class TaskWords
{
    public static string Word(this TaskState state) => state.ToString().ToLowerInvariant();
}
