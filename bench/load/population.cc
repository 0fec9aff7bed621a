#include "bench/load/population.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "storage/base/random.h"

namespace argent::bench {
namespace {

constexpr uint64_t kStudiesPerPatient = 2;
constexpr uint64_t kSeed = 20260101;
constexpr uint64_t kYears = 10;

constexpr std::array<std::string_view, 16> kFamilyStarts = {"Ab",  "Ber",  "Cas", "Dorn", "El",  "Fisch",
                                                            "Gar", "Hart", "In",  "Jo",   "Kel", "Lind",
                                                            "Mor", "Nor",  "Ol",  "Pet"};
constexpr std::array<std::string_view, 16> kFamilyMiddles = {"a",  "e",  "i",  "o",  "an", "en", "in", "on",
                                                             "al", "el", "il", "ol", "ar", "er", "ir", "or"};
constexpr std::array<std::string_view, 16> kFamilyEnds = {"mann", "berg", "sen",  "ova",  "ez",    "ini",
                                                          "ski",  "ton",  "feld", "stad", "quist", "eau",
                                                          "ura",  "idis", "ak",   "ford"};
constexpr std::array<std::string_view, 16> kGivenFemale = {
    "Anna", "Berta", "Clara", "Dora", "Eva",   "Frida", "Greta", "Hanna",
    "Ida",  "Julia", "Karin", "Lena", "Maria", "Nora",  "Olga",  "Paula"};
constexpr std::array<std::string_view, 16> kGivenMale = {"Adam",  "Boris", "Carl", "David", "Emil", "Felix",
                                                         "Georg", "Hugo",  "Ivan", "Jonas", "Karl", "Leo",
                                                         "Max",   "Nils",  "Otto", "Paul"};
constexpr std::array<std::string_view, 8> kParts = {"Head",  "Chest",  "Abdomen", "Knee",
                                                    "Spine", "Pelvis", "Hand",    "Neck"};
constexpr std::array<std::string_view, 4> kModalities = {"CT", "MR", "CR", "US"};

std::string DateOf(uint64_t first_year, uint64_t years, Random* random) {
  const uint64_t year = first_year + random->Below(years);
  return fmt::format("{:04}{:02}{:02}", year, 1 + random->Below(12), 1 + random->Below(28));
}

}  // namespace

StudyFacts StudyOf(uint64_t study_index) {
  const uint64_t patient_index = study_index / kStudiesPerPatient;
  Random person(kSeed + patient_index * 0x10001);
  Random visit(kSeed * 31 + study_index * 0x20003);
  StudyFacts facts;
  facts.patient_id = fmt::format("HP{:08}", patient_index);
  const bool female = person.OneIn(2);
  facts.sex = female ? "F" : "M";
  facts.patient_name =
      fmt::format("{}{}{}^{}", kFamilyStarts[person.Below(16)], kFamilyMiddles[person.Below(16)],
                  kFamilyEnds[person.Below(16)], (female ? kGivenFemale : kGivenMale)[person.Below(16)]);
  facts.birth_date = DateOf(1930, 90, &person);
  facts.accession = fmt::format("AC{:010}", study_index);
  facts.study_date = DateOf(2026 - kYears, kYears, &visit);
  facts.study_time = fmt::format("{:02}{:02}{:02}", 6 + visit.Below(14), visit.Below(60), visit.Below(60));
  facts.modality = kModalities[visit.Below(kModalities.size())];
  facts.description = fmt::format("{} {}", facts.modality, kParts[visit.Below(kParts.size())]);
  facts.study_id = std::to_string(study_index % 100000000);
  return facts;
}

}  // namespace argent::bench
