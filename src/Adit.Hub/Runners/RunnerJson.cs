using System.Text.Json;
using System.Text.Json.Serialization;
using Adit.Api;

namespace Adit.Hub.Runners;

/// <summary>JSON of what is stored of a runner.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyList<Taint>))]
[JsonSerializable(typeof(RunnerFacts))]
internal sealed partial class RunnerJson : JsonSerializerContext;
